using Engine.Plugins.Transports;
using Engine.Protocol;

namespace Engine.Nannies.Processes;

/// <summary>
/// A worker asks itself for a value that it doesn't have, over its own address. Problem: what the first peer brings to be compiled (to be
/// accepted, asked, answered) all workers that retire together would compile at that moment, when time matters: it was most of what their retirement
/// took. Idea: it is compiled at the start, when nobody waits for the worker's values yet.
/// </summary>
internal sealed class Rehearsal : IInbox
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs it; that it doesn't succeed says nothing about what others reach, and is no error.</summary>
    public static async Task RunAsync(ITransport transport, WorkerAddress self)
    {
        var rehearsal = new Rehearsal();
        try
        {
            var identity = ComponentIdentity.New(ComponentRole.Worker) with { Incarnation = self.Id.Number };
            var connection = await transport.ConnectAsync(self.Address, identity, rehearsal, CancellationToken.None);
            connection.TrySend(new GetData(0, self.Id, [default]));
            await rehearsal._ended.Task;
            connection.Close(new Disconnect(DisconnectKind.Closed, "the rehearsal is over"));
        }
        catch (EngineException)
        {
            // See above.
        }
    }

    public void Receive(IConnection connection, Message message) => _ended.TrySetResult();

    public void Disconnected(IConnection connection, Disconnect reason) => _ended.TrySetResult();
}
