using Engine.Data;
using Microsoft.Extensions.ObjectPool;

namespace Engine.Workers.Machine;

/// <summary>Tasks that are handed to the executor together, with the values of their inputs.</summary>
internal sealed class ExecutionRun : IResettable
{
    public const int Capacity = 256;
    private const int InputsRetainedMax = 4 * Capacity;

    public readonly RunEntry[] Entries = new RunEntry[Capacity];
    public DataValue[] Inputs = [];
    public int Count;
    public int InputCount;

    /// <summary>For the executor: where to look for the next unclaimed execution.</summary>
    public int Cursor;

    /// <summary>For the executor: executions whose inputs have yet to be read or dropped.</summary>
    public int Unread;

    public bool IsFull => Count == Capacity;

    public void Add(WorkerTask task) =>
        Entries[Count++] = new RunEntry { Task = task, InputOffset = InputCount, InputCount = task.DependencyCount };

    public void AddInput(in DataValue value)
    {
        if (InputCount == Inputs.Length)
        {
            Array.Resize(ref Inputs, Math.Max(2 * Capacity, Inputs.Length * 2));
        }

        Inputs[InputCount++] = value;
    }

    public bool TryReset()
    {
        Array.Clear(Entries, 0, Count);
        if (Inputs.Length > InputsRetainedMax)
        {
            Inputs = [];
        }
        else
        {
            Array.Clear(Inputs, 0, InputCount);
        }

        (Count, InputCount, Cursor, Unread) = (0, 0, 0, 0);
        return true;
    }
}

/// <summary>One task of a run.</summary>
internal struct RunEntry
{
    public WorkerTask Task;
    public int InputOffset;
    public int InputCount;

    /// <summary>For the executor: whether a lane has taken it, or it was recalled.</summary>
    public int Claimed;
}

/// <summary>How an execution went. Of several elements: how far it came.</summary>
internal struct ExecutionResult
{
    public WorkerTask Task;

    /// <summary>Elements that have a value.</summary>
    public int Done;
    public DataValue Value;

    /// <summary>The values, if the task has several elements; rented.</summary>
    public DataValue[]? Values;

    /// <summary>What the element after the last that has a value threw, or null.</summary>
    public Exception? Error;

    /// <summary>Seconds that an element ran; the mean of several.</summary>
    public float Seconds;
}
