namespace Engine;

/// <content>Futures that are given up together.</content>
public sealed partial class Client
{
    /// <summary>A scope: what is submitted through it is given up when it is disposed.</summary>
    /// <returns>A new scope, to be disposed.</returns>
    public FutureScope Scope() => new(this);
}
