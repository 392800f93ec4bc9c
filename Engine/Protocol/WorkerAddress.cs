namespace Engine.Protocol;

/// <summary>Where an incarnation of a worker can be reached, and what people call it. One object a worker, shared by reference.</summary>
internal sealed record WorkerAddress(WorkerId Id, string Address, string Name)
{
    public override string ToString() => Name;
}
