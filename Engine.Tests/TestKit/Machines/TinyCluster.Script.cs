using Engine.Collections;
using Engine.Protocol;
using Engine.Scheduling.Machine;

namespace Engine.Tests.TestKit.Machines;

/// <summary>What clients and fate do.</summary>
internal sealed partial class TinyCluster
{
    private readonly List<string> _names = [];
    private int _seedOfWork;
    private int _datasets;
    private long _requestId;
    private int _deaths;
    private int _blamedDeaths;
    private bool _hasRetried;
    private bool _hasDoubted;
    private bool _hasGivenUp;

    private bool Percent(int percent) => _random.Next(100) < percent;

    private void Operate()
    {
        if (Percent(_plan.DeathPercent))
        {
            if (_random.Next(2) == 0)
            {
                KillWorker();
            }

            AddWorker();
            return;
        }

        if (Percent(_plan.RetirePercent))
        {
            Retire();
            return;
        }

        var client = Clients[_random.Next(Clients.Count)];
        switch (_random.Next(20))
        {
            case 0 or 1:
                SubmitMap(client);
                break;
            case 2 or 3 or 4 when client.Questions.Count == 0:
                Release(client);
                break;
            case 5 or 6 when _plan.HasCancels:
                Cancel(client);
                break;
            case 7 when _plan.HasFailures:
                Retry(client);
                break;
            case 8 when Pick(client) is { } fired:
                Ask(client, new FireAndForgetRequest([fired]));
                break;
            case 9 or 10 when _plan.IsShared:
                Share(client);
                break;
            case 11 when Workers.Find(static worker => !worker.IsDead && worker.HasExecutions) is { } stalled:
                stalled.Stall();
                break;
            case 13 when Workers.Find(static worker => !worker.IsDead) is { } paused:
                paused.Pause(Percent(50));
                break;
            case 12 when _plan.HasBadLinks && Workers.Count > 0 && Pick(client) is { } doubted:
                _hasDoubted = true;
                client.ToScheduler.Enqueue(new DataMissing(doubted, Workers[_random.Next(Workers.Count)].State.Address));
                break;
            case 14 when _plan.HasWishes && Pick(client) is { } wished:
                Ask(client, new ReplicateRequest([wished], 1 + _random.Next(3)));
                break;
            case 15 when Workers.Find(static worker => worker is { IsDead: false, State.IsMember: false }) is { } missing:
                missing.ToScheduler.Enqueue(new Heartbeat(missing.State.Id, false, 0, 0));
                break;
            default:
                Submit(client);
                break;
        }
    }

    /// <summary>Retires one worker or several; now and then one that is leaving already, or all.</summary>
    private void Retire()
    {
        var members = Scheduler.Workers.ToList();
        if (members.Count == 0)
        {
            return;
        }

        var ids = members.Where(_ => Percent(60)).Select(static worker => worker.Id).DefaultIfEmpty(members[0].Id).ToList();
        var terms = new RetirementTerms(
            _random.Next(3) == 0 ? TimeSpan.FromMilliseconds(_random.Next(40)) : null,
            _random.Next(4) == 0 ? RunningTasks.Interrupt : RunningTasks.WaitFor,
            _random.Next(3) == 0 ? OnDeadline.GiveUp : OnDeadline.Abort,
            CloseWorkers: _random.Next(4) != 0);
        _hasGivenUp |= terms is { OnDeadline: OnDeadline.GiveUp, Deadline: not null };
        Trace("retires", default, ids.Count);
        Scheduler.Retire(null, 0, (RetirementChoice)Scheduler.Choose(WorkerSelector.ById(ids), []), terms, new Dictionary<WorkerId, PluginAnswer>(), _now);
        EndTurn();
        AddWorker();
    }

    private void KillWorker()
    {
        var alive = Workers.FindAll(static worker => !worker.IsDead);
        if (alive.Count == 0)
        {
            return;
        }

        var victim = alive[_random.Next(alive.Count)];
        _deaths++;
        switch (_random.Next(_plan.HasNannies ? 6 : 3))
        {
            case 0:
                victim.Close(CloseReason.UserRequest);
                break;
            case 1 or 2:
                _blamedDeaths++;
                victim.Die();
                break;
            case 3:
                _blamedDeaths++;
                Trace("breaks the connection of", default, victim.State.Id.Number);
                if (victim.Nanny is null || Percent(50))
                {
                    Scheduler.OnConnectionLost(victim.State, "the network broke it", _now);
                }

                victim.LoseScheduler();
                EndTurn();
                break;
            case 4 when victim.Nanny is { } nanny:
                nanny.Cut();
                break;
            case 5 when victim.Nanny is { } taken:
                _blamedDeaths++;
                taken.Abort();
                break;
            default:
                victim.Frozen = _random.Next(100);
                break;
        }
    }

    private TaskKey? Pick(TinyClient client) => client.Held.Count == 0 ? null : client.Held[_random.Next(client.Held.Count)];

    private void Submit(TinyClient client)
    {
        var batch = BatchPool<SubmitBatch>.Get();
        for (var count = 1 + _random.Next(5); count > 0; count--)
        {
            var key = client.NextKey();
            if (batch.Count == 0)
            {
                batch.First = key;
            }

            Add(client, batch, NewNode(client, key));
        }

        client.ToScheduler.Enqueue(batch);
    }

    private static void Add(TinyClient client, SubmitBatch batch, TinyNode node)
    {
        batch.Add(node.Work, node.Options);
        foreach (var input in node.Inputs)
        {
            batch.AddDependency(input.Key);
        }

        client.Hold(node.Key);
    }

    private TinyNode NewNode(TinyClient client, TaskKey key)
    {
        var inputs = new List<TinyNode>();
        var isForeign = false;
        for (var count = _random.Next(4); count > 0; count--)
        {
            var source = _plan.IsShared && Percent(10) ? Clients[_random.Next(Clients.Count)] : client;
            if (Pick(source) is { } picked)
            {
                inputs.Add(_nodes[picked]);
                isForeign |= !client.Held.Contains(picked);
            }
        }

        var options = NewOptions(inputs.Count > 0);
        var work = options?.Name is null ? NewWork(inputs.Count == 0, options) : NamedWork(ref inputs);
        var node = new TinyNode(key, work, 0, [.. inputs], options) { HasForeignInput = isForeign };
        _nodes.Add(key, node);
        return node;
    }

    private TinyWork NewWork(bool isRoot, TaskOptions? options) => new TinyWork(++_seedOfWork, Percent(25) ? 2 + _random.Next(60) : 0)
    {
        Failures = !_plan.HasFailures ? 0 : _random.Next(12) switch { 0 => int.MaxValue, 1 or 2 => 1 + _random.Next(2), _ => 0 },
        Reschedules = _plan.HasFailures && Percent(10) ? 1 : 0,
        HasContext = Percent(20) || options is { Timeout: not null },
        IsScattered = isRoot && Percent(25),
    }.Ready();

    // One function for each name, so that a name may be used again; now and then another one.
    private TinyWork NamedWork(ref List<TinyNode> inputs)
    {
        inputs = [];
        var definition = Percent(80) ? 1000 : 1001;
        return new TinyWork(definition, 0) { Definition = definition }.Ready();
    }

    private TaskOptions? NewOptions(bool hasInputs)
    {
        if (Percent(50))
        {
            return null;
        }

        var isRestricted = _plan.HasRestrictions && Percent(40);
        return new TaskOptions
        {
            Priority = (short)_random.Next(-2, 3),
            Retries = _random.Next(3),
            Timeout = _plan.HasFailures && Percent(10) ? TimeSpan.FromSeconds(1) : null,
            Name = _plan.IsShared && !hasInputs && Percent(30) ? NewName() : null,
            Resources = isRestricted && Percent(50) ? [new("gpu", 1)] : [],
            Workers = isRestricted && Percent(50) ? [$"w{_random.Next(_plan.WorkerNames)}"] : [],
            AllowOtherWorkers = Percent(50),
            Replicas = Percent(20) ? 2 : 1,
        };
    }

    private string NewName()
    {
        var name = $"name{_random.Next(3)}";
        if (!_names.Contains(name))
        {
            _names.Add(name);
        }

        return name;
    }

    private void SubmitMap(TinyClient client)
    {
        var count = Percent(5) ? 250 + _random.Next(20) : 1 + _random.Next(12);
        var first = client.NextPage(count);
        var options = Percent(80) ? null : new TaskOptions { Priority = 1, Retries = 1 };
        var work = new TinyWork(++_seedOfWork, Percent(10) ? 40 : 0)
        {
            Failures = _plan.HasFailures && Percent(30) ? 1 + _random.Next(3) : 0,
            HasContext = Percent(10),
            HasElements = true,
        }.Ready();
        for (var i = 0; i < count; i++)
        {
            var key = TaskKey.FromValue(first.Value + (ulong)i);
            _nodes.Add(key, new TinyNode(key, work, i, [], options));
            client.Hold(key);
        }

        client.ToScheduler.Enqueue(new SubmitMap(first, count, work, options));
    }

    private void Release(TinyClient client)
    {
        var keys = new HashSet<TaskKey>();
        for (var count = 1 + _random.Next(6); count > 0 && Pick(client) is { } picked; count--)
        {
            keys.Add(picked);
        }

        if (keys.Count > 0)
        {
            client.Release(keys);
        }
    }

    private void Cancel(TinyClient client)
    {
        if (Pick(client) is { } picked)
        {
            _nodes[picked].WasCancelled = true;
            Ask(client, new CancelRequest([picked], "not needed"));
        }
    }

    private void Retry(TinyClient client)
    {
        var failed = client.Held.FindAll(key => client.Machine.Find(key) is { IsEnded: true, Status: FutureStatus.Error });
        if (failed.Count > 0)
        {
            _hasRetried = true;
            Ask(client, new RetryRequest([failed[_random.Next(failed.Count)]]));
        }
    }

    /// <summary>Takes a key by its name, or publishes, takes or unpublishes a dataset.</summary>
    private void Share(TinyClient client)
    {
        switch (_random.Next(4))
        {
            case 0 when _names.Count > 0:
                var name = _names[_random.Next(_names.Count)];
                client.Questions.Add(Ask(client, new FindKeyRequest(name)));
                break;
            case 1 when Pick(client) is { } pinned:
                Ask(client, new PublishRequest($"set{_datasets++ % 3}", [pinned], isList: false, replace: _random.Next(2) == 0));
                break;
            case 2:
                Ask(client, new UnpublishRequest($"set{_random.Next(3)}"));
                break;
            default:
                client.Questions.Add(Ask(client, new GetDatasetRequest($"set{_random.Next(3)}")));
                break;
        }
    }

    private long Ask(TinyClient client, Request request)
    {
        request.RequestId = ++_requestId;
        client.ToScheduler.Enqueue(request);
        return _requestId;
    }
}
