using Engine.Plugins;

namespace Engine.Clusters.Machine;

/// <summary>
/// Carries out what a <see cref="SpecClusterStateMachine"/> has decided. Called within a step: it only sets things going. What it
/// sets going ends in exactly one event, also when it fails.
/// </summary>
internal interface ISpecClusterSink
{
    /// <summary>Start a host: <c>OnStarted</c> or <c>OnStartFailed</c>; before that <c>OnStartHangs</c> if it doesn't heed its time limit.</summary>
    void Start(WorkerSpec spec);

    /// <summary>Cancel a start, which ends all the same as it otherwise would.</summary>
    void CancelStart(string name);

    /// <summary>Ask which members are missed least: <c>OnChosen</c> or <c>OnChoiceFailed</c>.</summary>
    void Choose(long choice, int count);

    /// <summary>Retire members: <c>OnRetirement</c>.</summary>
    void Retire(IReadOnlyList<WorkerId> workers, RetirementOptions? options);

    /// <summary>End a host: <c>OnStopped</c> or <c>OnStopFailed</c>.</summary>
    void Stop(string name, ProvisionedWorker host, RetirementRow row);

    /// <summary>Tell that a worker was refused retirement and stays.</summary>
    void WorkerRefused(string name, RetirementRow row);

    /// <summary>Tell of an error.</summary>
    void Failed(ClusterError error);

    /// <summary>Tell who changed the size what came of it; null: the cluster closed first.</summary>
    void ScaleEnded(long scale, ScaleReport? report);

    /// <summary>Close the scheduler: <c>OnSchedulerClosed</c>.</summary>
    void CloseScheduler();

    /// <summary>Tell that the cluster has closed. Nothing follows.</summary>
    void Closed();
}
