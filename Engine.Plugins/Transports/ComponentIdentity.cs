namespace Engine.Plugins.Transports;

/// <summary>What a component is. It limits what a connection may say.</summary>
public enum ComponentRole : byte
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>A scheduler.</summary>
    Scheduler = 1,

    /// <summary>A worker.</summary>
    Worker = 2,

    /// <summary>A nanny.</summary>
    Nanny = 3,

    /// <summary>A client.</summary>
    Client = 4,
}

/// <summary>Who is at one end of a connection, as said when it was made.</summary>
/// <param name="Role">What it is.</param>
/// <param name="Id">A number that it made itself; the empty one if it has none.</param>
/// <param name="Incarnation">Of a worker that is registered, its <see cref="WorkerId.Number"/>; otherwise 0.</param>
public readonly record struct ComponentIdentity(ComponentRole Role, Guid Id, long Incarnation = 0)
{
    /// <summary>Makes the identity of a component that has none yet.</summary>
    /// <param name="role">What it is.</param>
    /// <returns>An identity with a number that no other component has.</returns>
#pragma warning disable RS0030 // As with nannies: it has to have one before it meets anybody who could issue it.
    public static ComponentIdentity New(ComponentRole role) => new(role, Guid.NewGuid());
#pragma warning restore RS0030
}
