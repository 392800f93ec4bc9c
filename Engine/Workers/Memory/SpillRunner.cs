using System.Threading.Channels;
using Engine.Plugins;
using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Workers.Machine;

namespace Engine.Workers.Memory;

/// <summary>A value has been written to the store, or could not be.</summary>
internal sealed class SpillEnded(long number, long? bytes) : Message
{
    public long Number { get; } = number;

    public long? Bytes { get; } = bytes;
}

/// <summary>A value has been read from the store, or could not be.</summary>
internal sealed class UnspillEnded(long number, object? value) : Message
{
    public long Number { get; } = number;

    public object? Value { get; } = value;
}

/// <summary>Carries out a worker's orders to its store, one after the other and beside the worker's turns.</summary>
/// <remarks>The store is made when the first order comes: most workers never spill.</remarks>
/// <param name="createStore">Makes the store.</param>
/// <param name="inbox">Where the ends of orders are told.</param>
/// <param name="report">Told what the store could not do.</param>
/// <param name="scheduler">Where the loop runs.</param>
#pragma warning disable CA1001 // Nobody asks the source of its token for a timer or a wait handle, so it owns nothing.
internal sealed class SpillRunner(Func<ISpillStore> createStore, Mailbox inbox, Action<string> report, TaskScheduler scheduler)
#pragma warning restore CA1001
{
    private readonly Channel<SpillOrder> _orders = Channel.CreateUnbounded<SpillOrder>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly CancellationTokenSource _closing = new();
    private volatile Owner _owner = new(inbox, report);
    private Task? _loop;
    private ISpillStore? _store;

    /// <summary>Ends when the last order has ended and the store is removed.</summary>
    public Task Completion => _loop ?? Task.CompletedTask;

    /// <summary>Whether the ends of orders are told there.</summary>
    public bool IsOf(Mailbox owner) => _owner.Inbox == owner;

    /// <summary>The worker's next incarnation gives the orders from now on. What was ordered before is carried out.</summary>
    public void MoveTo(Mailbox owner, Action<string> ownersReport) => _owner = new Owner(owner, ownersReport);

    /// <summary>Takes an order. Called in the worker's turn only.</summary>
    public void Post(in SpillOrder order)
    {
        _loop ??= Task.Factory.StartNew(RunAsync, CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
        _orders.Writer.TryWrite(order);
    }

    /// <summary>Gives up what the store is doing, and removes the store. Called once, after the worker's last turn.</summary>
    /// <param name="left">Cancelled when the store has had its time to give up; then it is left behind.</param>
    public async Task CloseAsync(CancellationToken left)
    {
        if (_loop is null)
        {
            return;
        }

        _orders.Writer.Complete();
        await Task.Factory.StartNew(_closing.Cancel, CancellationToken.None, TaskCreationOptions.None, scheduler); // What the store registered runs there.
        try
        {
            await _loop.WaitAsync(left);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // The loop disposes of the store when it does come back.
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _orders.Reader.WaitToReadAsync())
            {
                while (_orders.Reader.TryRead(out var order))
                {
                    await CarryOutAsync(order);
                }
            }
        }
        finally
        {
            await DisposeStoreAsync();
        }
    }

    private async ValueTask CarryOutAsync(SpillOrder order)
    {
        switch (order.Action)
        {
            case SpillAction.Write:
                var bytes = await TryAsync(order, WriteAsync);
                _owner.Inbox.Post(new SpillEnded(order.Number, bytes));
                break;
            case SpillAction.Read:
                var value = await TryAsync(order, ReadAsync);
                _owner.Inbox.Post(new UnspillEnded(order.Number, value));
                break;
            default:
                await TryAsync(order, DeleteAsync);
                break;
        }
    }

    /// <summary>Whatever the store throws, each order ends.</summary>
    private async ValueTask<TResult?> TryAsync<TResult>(SpillOrder order, Func<ISpillStore, SpillOrder, ValueTask<TResult?>> carryOut)
    {
        try
        {
            _closing.Token.ThrowIfCancellationRequested();
            return await carryOut(_store ??= createStore(), order);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return default; // Nobody waits for it any longer.
        }
#pragma warning disable CA1031 // The store may be the user's, and a disk may fail in many ways: the machine decides what follows.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _owner.Report($"The store could not {order.Action.ToString().ToLowerInvariant()} {order.Key}: {exception.Message}");
            return default;
        }
    }

    private async ValueTask<long?> WriteAsync(ISpillStore store, SpillOrder order) =>
        store.CanStore(order.Value!) ? await store.WriteAsync(order.Key, order.Value!, _closing.Token) : null;

    private async ValueTask<object?> ReadAsync(ISpillStore store, SpillOrder order) => await store.ReadAsync(order.Key, _closing.Token);

    private async ValueTask<object?> DeleteAsync(ISpillStore store, SpillOrder order)
    {
        await store.DeleteAsync(order.Key, _closing.Token);
        return null;
    }

    private async ValueTask DisposeStoreAsync()
    {
        if (_store is null)
        {
            return;
        }

        try
        {
            await _store.DisposeAsync();
        }
#pragma warning disable CA1031 // The worker ends whatever the store does.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _owner.Report($"The store could not be removed: {exception.Message}");
        }
    }

    private sealed record Owner(Mailbox Inbox, Action<string> Report);
}
