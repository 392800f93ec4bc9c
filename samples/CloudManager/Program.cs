using CloudManager;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // The program ends by itself, so that the cluster is closed.
    stop.Cancel();
};

return await App.RunAsync(args, TextWriter.Synchronized(Console.Out), Console.Error, stop.Token);
