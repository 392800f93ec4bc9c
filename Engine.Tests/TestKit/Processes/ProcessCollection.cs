namespace Engine.Tests.TestKit.Processes;

/// <summary>Tests that start processes come one after the other, so that limits hold on a machine with few processors.</summary>
[CollectionDefinition("Processes")]
public sealed class ProcessCollection;
