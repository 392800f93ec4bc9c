namespace Engine.Tests.TestKit.Shells;

/// <summary>What clients and fate do.</summary>
internal sealed partial class ShellSchedule
{
    private void Act()
    {
        switch (_random.Next(24))
        {
            case < 7:
                Submit();
                break;
            case 7:
                Map();
                break;
            case 8:
                Scatter();
                break;
            case < 11:
                Await();
                break;
            case 11:
                Cancel();
                break;
            case 12:
                Release();
                break;
            case < 15:
                Retire();
                break;
            case 15:
                Scale();
                break;
            case 16:
                Restart();
                break;
            case 17:
                Break();
                break;
            case 18:
                Connect();
                break;
            case < 21:
                SubmitLarge();
                break;
            case 21:
                GatherInTime();
                break;
            case 22:
                Adapt();
                break;
            default:
                Replicate();
                break;
        }
    }

    private void Submit()
    {
        var client = Pick(_clients);
        var kind = _random.Next(9);
        var input = PickWish();
        var future = (kind, input) switch
        {
            (0, { } wish) => client.Submit(ShellFunctions.YieldAsync, wish.Future),
            (0, _) => client.Submit(ShellFunctions.YieldAsync, 1),
            (1, { } wish) => client.Submit(_functions.TakeTimeAsync, wish.Future),
            (1, _) => client.Submit(_functions.TakeTimeAsync, 1),
            (2, { } wish) => client.Submit(_functions.InsistAsync, wish.Future),
            (2, _) => client.Submit(_functions.InsistAsync, 1),
            (3, { } wish) => client.Submit(_functions.SecedeAsync, wish.Future),
            (3, _) => client.Submit(_functions.SecedeAsync, 1),
            (4, { } wish) => client.Submit(_functions.NestAsync, wish.Future),
            (4, _) => client.Submit(_functions.NestAsync, 1),
            (5, { } wish) => client.Submit(ShellFunctions.Fail, wish.Future),
            (5, _) => client.Submit(ShellFunctions.Fail, 1),
            (_, { } wish) => client.Submit(ShellFunctions.AtOnce, wish.Future),
            _ => client.Submit(ShellFunctions.AtOnce, 1),
        };
        var value = input is null ? 1 : input.Value;
        _wishes.Add(new Wish(future, kind == 5 ? null : value + 1));
        Tell($"submit {future.Key}");
    }

    private void Map()
    {
        var map = Pick(_clients).Map(ShellFunctions.AtOnce, Enumerable.Range(0, 20));
        _wishes.AddRange(map.Select(static (future, place) => new Wish(future, place + 1)));
        Tell($"map {map[0].Key} and 19 more");
    }

    /// <summary>Values that stay on their workers, and are fetched by others and by clients.</summary>
    private void SubmitLarge()
    {
        var client = Pick(_clients);
        var input = PickWish();
        var large = input is null ? client.Submit(ShellFunctions.Enlarge, 1) : client.Submit(ShellFunctions.Enlarge, input.Future);
        _held.Add(large);
        _wishes.Add(new Wish(client.Submit(ShellFunctions.LengthOf, large), input is { Value: null } ? null : ShellFunctions.LargeLength));
        Tell($"submit the large {large.Key}");
        Follow($"await the large {large.Key}", async () =>
        {
            if ((await large).Length != ShellFunctions.LargeLength)
            {
                throw new InvalidOperationException($"{large.Key} is not what it should be.");
            }
        });
    }

    /// <summary>Waits no longer than some time.</summary>
    private void GatherInTime()
    {
        var client = Pick(_clients);
        var futures = _wishes.Select(static wish => wish.Future).Where(future => future.Client == client && _random.Next(2) == 0).ToList();
        Follow($"gather {futures.Count}", async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(_random.Next(1, 300)), _world.Clock);
            await client.GatherAsync(futures, limit.Token);
        });
    }

    private void Adapt()
    {
        Tell("adapt");
        _cluster.Adapt(1, _random.Next(1, 5));
    }

    private void Scatter()
    {
        var client = Pick(_clients);
        Follow("scatter", async () =>
        {
            var future = await client.ScatterAsync(7, new ScatterOptions { Replicas = 1 });
            _wishes.Add(new Wish(future, 7));
            Tell($"scattered {future.Key}");
        });
    }

    private void Await()
    {
        foreach (var wish in _wishes.Where(_ => _random.Next(3) > 0).ToList())
        {
            Follow($"await {wish.Future.Key}", async () =>
            {
                var value = await wish.Future;
                if (value != wish.Value)
                {
                    throw new InvalidOperationException($"{wish.Future.Key} is {value} and should be {wish.Value?.ToString() ?? "an error"}.");
                }
            });
        }
    }

    private void Cancel()
    {
        if (PickWish() is { } wish)
        {
            Follow($"cancel {wish.Future.Key}", () => wish.Future.CancelAsync());
        }
    }

    private void Release()
    {
        if (PickWish() is { } wish)
        {
            _wishes.Remove(wish);
            _held.Add(wish.Future);
            wish.Future.Dispose();
            Tell($"release {wish.Future.Key}");
        }
    }

    private void Retire()
    {
        var running = _cluster.Workers.Where(static worker => worker.Status == Status.Running).ToList();
        if (running.Count < 2)
        {
            return;
        }

        var worker = Pick(running).Self.Id;
        var options = new RetirementOptions
        {
            RunningTasks = _random.Next(2) == 0 ? RunningTasks.Interrupt : RunningTasks.WaitFor,
            Deadline = _random.Next(3) == 0 ? TimeSpan.FromSeconds(_random.Next(3)) : null,
            OnDeadline = _random.Next(2) == 0 ? OnDeadline.GiveUp : OnDeadline.Abort,
            CloseWorkers = _random.Next(3) > 0,
        };
        var client = Pick(_clients);
        Follow($"retire {worker}", async () =>
            Tell($"{worker}: {(await client.RetireWorkersAsync(WorkerSelector.ById(worker), options)).Rows[0].Outcome}"));
    }

    private void Scale()
    {
        var count = _random.Next(1, 5);
        Follow($"scale to {count}", () => _cluster.ScaleAsync(count));
    }

    private void Restart()
    {
        var client = Pick(_clients);
        Follow("restart", () => client.RestartAsync(TimeSpan.FromSeconds(20)));
    }

    /// <summary>A worker, its host or its connection ends by itself.</summary>
    private void Break()
    {
        var running = _cluster.Workers.Where(static worker => worker.Status == Status.Running).ToList();
        if (running.Count == 0)
        {
            return;
        }

        var worker = Pick(running);
        switch (_random.Next(3))
        {
            case 0:
                Tell($"kill {worker.Self.Id}");
                worker.Kill(CloseReason.Crashed, "the schedule says so");
                break;
            case 1:
                Tell($"break the connection of {worker.Self.Id}");
                worker.BreakConnection();
                break;
            default:
                Tell($"abort the nanny of {worker.Self.Id}");
                _cluster.Nannies.FirstOrDefault(nanny => nanny.Worker == worker.Self.Id)?.Abort();
                break;
        }
    }

    private void Connect() => Follow("connect", async () => _clients.Add(await _cluster.ConnectAsync()));

    private void Replicate()
    {
        if (PickWish() is { } wish)
        {
            Follow($"replicate {wish.Future.Key}", () => wish.Future.Client.ReplicateAsync([wish.Future], 2));
        }
    }

    /// <summary>Does something beside the others; its end is waited for at the end.</summary>
    private void Follow(string what, Func<Task> act)
    {
        Tell(what);
        _underWay.Add(FollowAsync());

        async Task FollowAsync()
        {
            await Task.Yield();
            try
            {
                await act();
                Tell($"{what}: done");
            }
            catch (Exception exception) when (IsExpected(exception))
            {
                Tell($"{what}: {exception.GetType().Name}");
            }
        }
    }

    /// <summary>What may come of an act when workers go and clients close. Anything else is a bug of the engine.</summary>
    private static bool IsExpected(Exception exception) => exception is EngineException or OperationCanceledException or ObjectDisposedException;

    private T Pick<T>(List<T> from) => from[_random.Next(from.Count)];

    private Wish? PickWish() => _wishes.Count == 0 || _random.Next(4) == 0 ? null : Pick(_wishes);

    /// <summary>A future and what it shall be; null: an error.</summary>
    private sealed record Wish(Future<int> Future, int? Value);
}
