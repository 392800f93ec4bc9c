using System.Collections.Concurrent;
using CsCheck;
using Engine.Workers.Execution;

namespace Engine.Tests.Workers;

/// <summary>Whatever threads take, give back and wait for slots, it is as if they had done so one after the other.</summary>
public sealed class SlotPoolModelTests
{
    private const int Slots = 2;

    [Fact]
    public void Its_operations_are_linearizable_I12() => Gen.Const(static () => new Pool()).SampleParallel(
        Gen.Operation<Pool>("take", static pool => pool.Take()),
        Gen.Operation<Pool>("wait", static pool => pool.Wait()),
        Gen.Operation<Pool>("give back", static pool => pool.GiveBack()),
        equal: static (one, other) => one.Describe() == other.Describe(),
        iter: 300);

    [Fact]
    public void Who_comes_back_goes_first_in_order_and_no_slot_is_made_or_lost_I12() => Gen.Const(static () => (new Pool(), new Model())).SampleModelBased(
        Gen.Operation<Pool, Model>(static pool => pool.Take(), static model => model.Take()),
        Gen.Operation<Pool, Model>(static pool => pool.Wait(), static model => model.Wait()),
        Gen.Operation<Pool, Model>(static pool => pool.GiveBack(), static model => model.GiveBack()),
        equal: static (pool, model) => pool.Describe() == model.ToString());

    private sealed class Pool
    {
        private readonly SlotPool _slots = new(Slots);
        private readonly ConcurrentQueue<Task> _waits = new();
        private int _taken;
        private int _givenBack;

        public void Take()
        {
            if (_slots.TryAcquire())
            {
                Interlocked.Increment(ref _taken);
            }
        }

        public void Wait() => _waits.Enqueue(_slots.AcquireAsync());

        /// <summary>Gives one back, if one is held that nobody else is giving back.</summary>
        public void GiveBack()
        {
            lock (_waits)
            {
                if (Held > 0)
                {
                    _givenBack++;
                    _slots.Release();
                }
            }
        }

        public string Describe() => $"{_slots.Free} free, {Held} held, {_waits.Count(static wait => !wait.IsCompleted)} wait, {(_slots.IsAwaited ? "awaited" : "not awaited")}";

        private int Held => Volatile.Read(ref _taken) + _waits.Count(static wait => wait.IsCompleted) - _givenBack;
    }

    private sealed class Model
    {
        private int _free = Slots;
        private int _held;
        private int _waiting;

        public void Take()
        {
            if (_free > 0)
            {
                (_free, _held) = (_free - 1, _held + 1);
            }
        }

        public void Wait()
        {
            if (_free > 0)
            {
                Take();
            }
            else
            {
                _waiting++;
            }
        }

        public void GiveBack()
        {
            if (_held == 0)
            {
                return;
            }

            if (_waiting > 0)
            {
                _waiting--;
            }
            else
            {
                (_free, _held) = (_free + 1, _held - 1);
            }
        }

        public override string ToString() => $"{_free} free, {_held} held, {_waiting} wait, {(_waiting > 0 ? "awaited" : "not awaited")}";
    }
}
