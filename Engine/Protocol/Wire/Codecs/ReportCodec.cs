using Engine.Clusters;

namespace Engine.Protocol.Wire.Codecs;

/// <summary>What the scheduler tells of workers, and reports of what became of them.</summary>
internal static class ReportCodec
{
    private const int WorkerInfoBytes = 20;

    public static void Write(ref WireWriter writer, IReadOnlyList<WorkerInfo> workers)
    {
        writer.Count(workers.Count);
        for (var i = 0; i < workers.Count; i++)
        {
            Write(ref writer, workers[i]);
        }
    }

    public static WorkerInfo[] ReadWorkers(ref WireReader reader)
    {
        var workers = new WorkerInfo[reader.Items(WorkerInfoBytes)];
        for (var i = 0; i < workers.Length; i++)
        {
            workers[i] = ReadWorker(ref reader);
        }

        return workers;
    }

    private static void Write(ref WireWriter writer, WorkerInfo worker)
    {
        writer.Worker(worker.Id);
        writer.Text(worker.Name);
        writer.Text(worker.Address);
        writer.Count(worker.Threads);
        writer.Byte((byte)worker.Status);
        writer.Bool(worker.IsStalled);
        Fields.WriteOptional(ref writer, worker.Nanny);
        writer.Text(worker.Host);
        Fields.WriteAmounts(ref writer, worker.Resources);
        writer.Count(worker.ProcessingCount);
        writer.Count(worker.LongRunningCount);
        writer.Double(worker.OccupancySeconds);
        writer.Count(worker.HeldCount);
        writer.Int(worker.HeldBytes);
        writer.Int(worker.SpilledBytes);
        Fields.WriteOptional(ref writer, worker.MemoryLimit);
        Fields.WriteOptional(ref writer, worker.Leaves);
    }

    private static WorkerInfo ReadWorker(ref WireReader reader) => new()
    {
        Id = reader.Worker(),
        Name = reader.TextNotNull(),
        Address = reader.TextNotNull(),
        Threads = reader.Count(),
        Status = reader.Enum(Status.Failed),
        IsStalled = reader.Bool(),
        Nanny = Fields.ReadOptionalNanny(ref reader),
        Host = reader.Text(),
        Resources = Fields.ReadResources(ref reader),
        ProcessingCount = reader.Count(),
        LongRunningCount = reader.Count(),
        OccupancySeconds = reader.Double(),
        HeldCount = reader.Count(),
        HeldBytes = reader.Int(),
        SpilledBytes = reader.Int(),
        MemoryLimit = Fields.ReadOptional(ref reader),
        Leaves = Fields.ReadOptionalTime(ref reader),
    };

    public static void Write(ref WireWriter writer, ClusterLoad load)
    {
        writer.Double(load.OccupancySeconds);
        writer.Count(load.QueuedCount);
        writer.Double(load.QueuedSeconds);
        writer.Count(load.ProcessingCount);
        Write(ref writer, load.Workers);
    }

    public static ClusterLoad ReadLoad(ref WireReader reader) => new()
    {
        OccupancySeconds = reader.Double(),
        QueuedCount = reader.Count(),
        QueuedSeconds = reader.Double(),
        ProcessingCount = reader.Count(),
        Workers = ReadWorkers(ref reader),
    };

    public static void Write(ref WireWriter writer, RetirementRow row)
    {
        writer.Worker(row.Id);
        writer.Text(row.Name);
        writer.Text(row.Address);
        Fields.WriteOptional(ref writer, row.Nanny);
        writer.Text(row.Host);
        writer.Byte((byte)row.Outcome);
        writer.Byte((byte)row.Refusal);
        writer.Text(row.Detail);
        writer.Count(row.MovedCount);
        writer.Int(row.MovedBytes);
        writer.Count(row.WaitedForCount);
        writer.Count(row.RecalledCount);
        Fields.WriteKeys(ref writer, row.Interrupted);
        Fields.WriteKeys(ref writer, row.Lost);
        Fields.WriteKeys(ref writer, row.Recomputed);
        writer.Time(row.Duration);
    }

    public static RetirementRow ReadRetirementRow(ref WireReader reader) => new(reader.Worker(), reader.TextNotNull(), reader.TextNotNull())
    {
        Nanny = Fields.ReadOptionalNanny(ref reader),
        Host = reader.Text(),
        Outcome = reader.Enum(RetirementOutcome.Vanished),
        Refusal = reader.Enum(RefusalReason.SchedulerClosed),
        Detail = reader.TextNotNull(),
        MovedCount = reader.Count(),
        MovedBytes = reader.Int(),
        WaitedForCount = reader.Count(),
        RecalledCount = reader.Count(),
        Interrupted = Fields.ReadKeys(ref reader),
        Lost = Fields.ReadKeys(ref reader),
        Recomputed = Fields.ReadKeys(ref reader),
        Duration = reader.Time(),
    };

    public static void Write(ref WireWriter writer, RetirementReport report)
    {
        writer.Count(report.Rows.Count);
        foreach (var row in report.Rows)
        {
            Write(ref writer, row);
        }
    }

    public static RetirementReport ReadRetirementReport(ref WireReader reader)
    {
        const int bytesEach = 16;
        var rows = new RetirementRow[reader.Items(bytesEach)];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = ReadRetirementRow(ref reader);
        }

        return new RetirementReport(rows);
    }

    public static void Write(ref WireWriter writer, RestartReport report)
    {
        writer.Count(report.Rows.Count);
        foreach (var row in report.Rows)
        {
            writer.Worker(row.Before);
            writer.Text(row.Name);
            writer.Byte((byte)row.Outcome);
            Fields.WriteOptional(ref writer, row.After?.Number);
        }
    }

    public static RestartReport ReadRestartReport(ref WireReader reader)
    {
        const int bytesEach = 4;
        var rows = new RestartRow[reader.Items(bytesEach)];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new RestartRow(reader.Worker(), reader.TextNotNull())
            {
                Outcome = reader.Enum(RestartOutcome.NoNanny),
                After = Fields.ReadOptional(ref reader) is { } after ? new WorkerId(after) : null,
            };
        }

        return new RestartReport(rows);
    }

    public static void Write(ref WireWriter writer, IReadOnlyList<RetirementProgress> retirements)
    {
        writer.Count(retirements.Count);
        foreach (var retirement in retirements)
        {
            writer.Worker(retirement.Id);
            writer.Count(retirement.RunningCount);
            writer.Count(retirement.ToMoveCount);
            writer.Count(retirement.MovedCount);
            writer.Time(retirement.Elapsed);
            Fields.WriteOptional(ref writer, retirement.Remaining);
        }
    }

    public static RetirementProgress[] ReadProgress(ref WireReader reader)
    {
        const int bytesEach = 6;
        var retirements = new RetirementProgress[reader.Items(bytesEach)];
        for (var i = 0; i < retirements.Length; i++)
        {
            retirements[i] = new RetirementProgress(
                reader.Worker(), reader.Count(), reader.Count(), reader.Count(), reader.Time(), Fields.ReadOptionalTime(ref reader));
        }

        return retirements;
    }
}
