using GracefulShrink;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // The program ends by itself, so that the cluster is closed.
    stop.Cancel();
};

return await App.RunAsync(args, Console.Out, Console.Error, TimeProvider.System, stop.Token);
