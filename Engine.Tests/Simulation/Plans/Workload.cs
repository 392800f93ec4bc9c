using Engine.Collections;
using Engine.Protocol;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Components;

namespace Engine.Tests.Simulation.Plans;

/// <summary>What clients want: graphs, maps and data, and to have them no longer.</summary>
internal sealed class Workload(World world)
{
    private readonly List<string> _names = [];
    private int _works;
    private int _datasets;

    public void Take(Act act, Dice dice)
    {
        var clients = world.Clients.FindAll(static client => client is { IsAlive: true, IsRegistered: true });
        if (clients.Count == 0)
        {
            return;
        }

        var client = dice.Of(clients);
        switch (act)
        {
            case Act.Submit:
                Submit(client, dice);
                break;
            case Act.SubmitMap:
                SubmitMap(client, dice);
                break;
            case Act.Release when !client.TakesKeys:
                Release(client, dice);
                break;
            case Act.Cancel when Pick(client, dice) is { } cancelled:
                world.Nodes[cancelled].WasCancelled = true;
                client.Ask(new CancelRequest([cancelled], "not needed"));
                break;
            case Act.Retry:
                Retry(client, dice);
                break;
            case Act.FireAndForget when Pick(client, dice) is { } fired:
                client.Ask(new FireAndForgetRequest([fired]));
                break;
            case Act.Share:
                Share(client, dice);
                break;
            case Act.Replicate when Pick(client, dice) is { } wished:
                client.Ask(new ReplicateRequest([wished], 1 + dice.Below(3)));
                break;
            case Act.ReportMissing when Pick(client, dice) is { } doubted && world.Workers.FindAll(static worker => worker.Record is not null) is { Count: > 0 } holders:
                world.Nodes[doubted].Excuse ??= "a client says that a worker lacks it";
                client.Send(new DataMissing(doubted, dice.Of(holders).Record!.Address));
                break;
            case Act.CloseClient when clients.Count > 1:
                client.Leave();
                break;
        }
    }

    /// <summary>Gives up whatever keeps values: datasets, and futures of some clients, one by one.</summary>
    public void GiveUp(Dice dice)
    {
        foreach (var client in world.Clients.FindAll(static client => client is { IsAlive: true, IsRegistered: true }))
        {
            for (var i = 0; i < 3; i++)
            {
                client.Ask(new UnpublishRequest($"set{i}"));
            }

            if (client.Held.Count > 0 && dice.OneIn(2))
            {
                client.Release([.. client.Held]);
            }
        }
    }

    private static TaskKey? Pick(SimClient client, Dice dice) => client.Held.Count == 0 ? null : dice.Of(client.Held);

    private void Submit(SimClient client, Dice dice)
    {
        var batch = BatchPool<SubmitBatch>.Get();
        for (var count = 1 + dice.Below(5); count > 0; count--)
        {
            var key = client.NextKey();
            if (batch.Count == 0)
            {
                batch.First = key;
            }

            var node = NewNode(client, key, dice);
            batch.Add(node.Work, node.Options);
            foreach (var input in node.Inputs)
            {
                batch.AddDependency(input.Key);
            }

            client.Hold(node.Key);
        }

        client.Send(batch);
    }

    private SimNode NewNode(SimClient client, TaskKey key, Dice dice)
    {
        var inputs = new List<SimNode>();
        var isForeign = false;
        for (var count = dice.Below(4); count > 0; count--)
        {
            var source = world.Settings.IsShared && dice.Percent(10) ? dice.Of(world.Clients) : client;
            if (Pick(source, dice) is { } picked)
            {
                inputs.Add(world.Nodes[picked]);
                isForeign |= !client.Held.Contains(picked);
            }
        }

        var options = NewOptions(inputs.Count > 0, dice);
        var work = options?.Name is null ? NewWork(inputs.Count == 0, options, dice) : NamedWork(ref inputs, dice);
        var node = new SimNode(key, work, 0, [.. inputs], options) { HasForeignInput = isForeign };
        world.Nodes.Add(key, node);
        return node;
    }

    private SimWork NewWork(bool isRoot, TaskOptions? options, Dice dice) => new SimWork(++_works, dice.Percent(25) ? 2 + dice.Below(60) : 0)
    {
        Failures = !world.Settings.HasFailures ? 0 : dice.Below(12) switch { 0 => int.MaxValue, 1 or 2 => 1 + dice.Below(2), _ => 0 },
        Reschedules = world.Settings.HasFailures && dice.Percent(10) ? 1 : 0,
        HasContext = dice.Percent(20) || options is { Timeout: not null },
        IsScattered = isRoot && dice.Percent(25),
    }.Ready();

    // One function for each name, so that a name may be used again; now and then another one.
    private static SimWork NamedWork(ref List<SimNode> inputs, Dice dice)
    {
        inputs = [];
        var definition = dice.Percent(80) ? 1000 : 1001;
        return new SimWork(definition, 0) { Definition = definition }.Ready();
    }

    private TaskOptions? NewOptions(bool hasInputs, Dice dice)
    {
        if (dice.OneIn(2))
        {
            return null;
        }

        var settings = world.Settings;
        var isRestricted = settings.HasRestrictions && dice.Percent(40);
        return new TaskOptions
        {
            Priority = (short)(dice.Below(5) - 2),
            Retries = dice.Below(3),
            Timeout = settings.HasFailures && dice.Percent(10) ? TimeSpan.FromSeconds(1) : null,
            Name = settings.IsShared && !hasInputs && dice.Percent(30) ? NewName(dice) : null,
            Resources = isRestricted && dice.OneIn(2) ? [new("gpu", 1)] : [],
            Workers = isRestricted && dice.OneIn(2) ? [$"w{dice.Below(settings.WorkerNames)}"] : [],
            AllowOtherWorkers = dice.OneIn(2),
            Replicas = dice.Percent(20) ? 2 : 1,
        };
    }

    private string NewName(Dice dice)
    {
        var name = $"name{dice.Below(3)}";
        if (!_names.Contains(name))
        {
            _names.Add(name);
        }

        return name;
    }

    private void SubmitMap(SimClient client, Dice dice)
    {
        var count = dice.Percent(3) ? 250 + dice.Below(20) : 1 + dice.Below(12);
        var first = client.NextPage(count);
        var options = dice.Percent(80) ? null : new TaskOptions { Priority = 1, Retries = 1 };
        var work = new SimWork(++_works, dice.Percent(10) ? 40 : 0)
        {
            Failures = world.Settings.HasFailures && dice.Percent(30) ? 1 + dice.Below(3) : 0,
            HasContext = dice.Percent(10),
            HasElements = true,
        }.Ready();
        for (var i = 0; i < count; i++)
        {
            var key = TaskKey.FromValue(first.Value + (ulong)i);
            world.Nodes.Add(key, new SimNode(key, work, i, [], options));
            client.Hold(key);
        }

        client.Send(new SubmitMap(first, count, work, options));
    }

    private static void Release(SimClient client, Dice dice)
    {
        var keys = new HashSet<TaskKey>();
        for (var count = 1 + dice.Below(6); count > 0 && Pick(client, dice) is { } picked; count--)
        {
            keys.Add(picked);
        }

        if (keys.Count > 0)
        {
            client.Release(keys);
        }
    }

    private void Retry(SimClient client, Dice dice)
    {
        var failed = client.Held.FindAll(key => client.Machine.Find(key) is { IsEnded: true, Status: FutureStatus.Error });
        if (failed.Count > 0)
        {
            var retried = dice.Of(failed);
            world.Nodes[retried].WasRetried = true;
            client.Ask(new RetryRequest([retried]));
        }
    }

    /// <summary>Takes a key by its name, or publishes, takes or unpublishes a dataset.</summary>
    private void Share(SimClient client, Dice dice)
    {
        switch (dice.Below(4))
        {
            case 0 when _names.Count > 0:
                client.Ask(new FindKeyRequest(dice.Of(_names)), takesKeys: true);
                break;
            case 1 when Pick(client, dice) is { } pinned:
                client.Ask(new PublishRequest($"set{_datasets++ % 3}", [pinned], isList: false, replace: dice.OneIn(2)));
                break;
            case 2:
                client.Ask(new UnpublishRequest($"set{dice.Below(3)}"));
                break;
            default:
                client.Ask(new GetDatasetRequest($"set{dice.Below(3)}"), takesKeys: true);
                break;
        }
    }
}
