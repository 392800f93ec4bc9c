using CsCheck;
using Engine.Clients.Machine;
using Engine.Protocol;

namespace Engine.Tests.Clients.Machine;

/// <summary>What a client knows of its futures, against a plain dictionary: each waiter is told once, of the right end (I9).</summary>
public sealed class FutureModelTests
{
    private static readonly Gen<int> s_key = Gen.Int[0, 3];
    private static readonly Gen<FutureStatus> s_news = Gen.Int[0, 2].Select(static place => place switch
    {
        0 => FutureStatus.Pending,
        1 => FutureStatus.Error,
        _ => FutureStatus.Cancelled,
    });

    [Fact]
    public void Futures_are_as_news_and_releases_say_and_each_waiter_is_told_once_I9() => Gen.Const(static () => (new Futures(), new Model())).SampleModelBased(
        s_key.Operation<Futures, Model>(static (futures, key) => futures.Machine.Add(Key(key)), static (model, key) => model.Add(key)),
        s_key.Operation<Futures, Model>(static (futures, key) => futures.Machine.Release(Key(key)), static (model, key) => model.End(key, FutureStatus.Released)),
        s_key.Operation<Futures, Model>(static (futures, key) => futures.Wait(key), static (model, key) => model.Wait(key)),
        s_key.Operation<Futures, Model>(static (futures, key) => futures.LoseInterest(key), static (model, key) => model.LoseInterest(key)),
        Gen.Select(s_key, s_news).Operation<Futures, Model>(
            static (futures, news) => futures.Hear(news.Item1, news.Item2), static (model, news) => model.Hear(news.Item1, news.Item2)),
        Gen.Operation<Futures, Model>(
            static futures => futures.Machine.CancelAll(new TaskError(TaskErrorKind.Failed, default, "gone")),
            static model => model.CancelAll()),
        equal: static (futures, model) => futures.Describe() == model.Describe());

    private static TaskKey Key(int key) => new(new ClientId(1), key * 200); // Two of them lie in one page.

    private sealed class Futures
    {
        private readonly List<(IFutureWaiter Waiter, TaskKey Key, FutureStatus Status)> _told = [];
        private readonly Dictionary<int, Stack<Waiter>> _waiters = [];
        private int _number;

        public ClientStateMachine Machine { get; } = new();

        public void Wait(int key)
        {
            var waiter = new Waiter(_number);
            if (Machine.TryAddWaiter(Key(key), waiter))
            {
                _number++;
                _waiters.TryAdd(key, new Stack<Waiter>());
                _waiters[key].Push(waiter);
            }
        }

        /// <summary>The last who waits for a future no longer does.</summary>
        public void LoseInterest(int key)
        {
            if (Machine.WaiterCount(Key(key)) > 0)
            {
                Machine.RemoveWaiter(Key(key), _waiters[key].Pop());
            }
        }

        public void Hear(int key, FutureStatus status)
        {
            var news = new KeyNotices();
            news.Add(new KeyNotice { Key = Key(key), Count = 1, Status = status });
            Machine.Apply(news);
        }

        public string Describe()
        {
            Machine.Validate();
            Machine.TakeDue(_told);
            var states = Enumerable.Range(0, 4).Where(key => Machine.Holds(Key(key))).Select(key => $"{key} {Machine.Find(Key(key)).Status}");
            return $"{string.Join(", ", states)}; {Machine.PendingCount} pending; {Machine.AllWaiterCount} wait; "
                + string.Join(", ", _told.Select(static told => $"{((Waiter)told.Waiter).Number} {told.Status}").Order(StringComparer.Ordinal));
        }
    }

    private sealed class Waiter(int number) : IFutureWaiter
    {
        public int Number { get; } = number;

        public void Ended(TaskKey key, FutureStatus status) => throw new NotSupportedException("Its client tells it.");
    }

    private sealed class Model
    {
        private readonly Dictionary<int, FutureStatus> _held = [];
        private readonly Dictionary<int, List<int>> _waiting = [];
        private readonly List<string> _told = [];
        private int _number;

        public void Add(int key)
        {
            if (_held.TryAdd(key, FutureStatus.Pending))
            {
                _waiting[key] = [];
            }
        }

        public void Wait(int key)
        {
            if (IsPending(key))
            {
                _waiting[key].Add(_number++);
            }
        }

        public void LoseInterest(int key)
        {
            if (IsPending(key) && _waiting[key].Count > 0)
            {
                _waiting[key].RemoveAt(_waiting[key].Count - 1);
            }
        }

        public void Hear(int key, FutureStatus status)
        {
            if (status == FutureStatus.Pending && _held.ContainsKey(key))
            {
                _held[key] = FutureStatus.Pending;
            }
            else if (IsPending(key))
            {
                End(key, status);
            }
        }

        public void CancelAll()
        {
            foreach (var key in _held.Keys.Where(IsPending).ToList())
            {
                End(key, FutureStatus.Cancelled);
            }
        }

        public void End(int key, FutureStatus status)
        {
            if (IsPending(key))
            {
                _told.AddRange(_waiting[key].Select(number => $"{number} {status}"));
                _waiting[key].Clear();
            }

            if (status == FutureStatus.Released)
            {
                _held.Remove(key);
            }
            else
            {
                _held[key] = status;
            }
        }

        public string Describe() =>
            $"{string.Join(", ", _held.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key} {pair.Value}"))}; {_held.Keys.Count(IsPending)} pending; "
            + $"{_held.Keys.Where(IsPending).Sum(key => _waiting[key].Count)} wait; {string.Join(", ", _told.Order(StringComparer.Ordinal))}";

        private bool IsPending(int key) => _held.TryGetValue(key, out var status) && status == FutureStatus.Pending;
    }
}
