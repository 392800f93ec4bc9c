namespace Engine.Benchmarks;

/// <summary>One way of doing a scenario's work: the engine, or what a user would take instead.</summary>
internal abstract class Contender(string name)
{
    /// <summary>Workers, actors or degree of parallelism, wherever a contender lets one choose.</summary>
    public const int Parallelism = 2;

    public string Name { get; } = name;

    /// <summary>True if a user has to say when a result is no longer needed; that is then timed apart.</summary>
    public virtual bool HasRelease => false;

    public abstract bool Supports(Scenario scenario);

    /// <summary>Starts whatever outlives a repetition. May be called again after a stop.</summary>
    public virtual Task StartAsync() => Task.CompletedTask;

    /// <summary>
    /// Makes the caller's own arrays and inputs, which are nobody's overhead, and returns the work.
    /// The work checks its results and returns the object that keeps them alive.
    /// </summary>
    public abstract Func<Task<object>> Prepare(Shape shape, int size);

    /// <summary>Submits and awaits one task after another; stores the ticks that each took.</summary>
    public virtual Task RoundTripsAsync(long[] ticks) => throw new NotSupportedException(Name);

    /// <summary>Makes a large value where it is sent from; the work fetches it, into memory that was not used before.</summary>
    public virtual Task<Func<Task<byte[]>>> PrepareTransferAsync(int bytes) => throw new NotSupportedException(Name);

    /// <summary>Starts so many processes, and ends them; measures itself what the shape asks for. Nothing was started before.</summary>
    public virtual Task<Sample[]> LifecycleAsync(Shape shape, int size) => throw new NotSupportedException(Name);

    /// <summary>Gives the results back and waits until that has happened.</summary>
    public virtual Task ReleaseAsync(object held) => Task.CompletedTask;

    /// <summary>Stops it, if it was started.</summary>
    public virtual Task StopAsync() => Task.CompletedTask;

    protected NotSupportedException Unsupported(Shape shape) => new($"{Name} has no natural form of {shape}.");
}
