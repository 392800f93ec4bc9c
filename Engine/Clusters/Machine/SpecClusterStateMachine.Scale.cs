namespace Engine.Clusters.Machine;

/// <summary>The plan: how many workers are wanted, and which of them go.</summary>
internal sealed partial class SpecClusterStateMachine
{
    private PendingScale? _scale;
    private long _choice;
    private long _choiceCount;
    private int _chosenMax;

    /// <summary>So many workers are wanted. The last call counts.</summary>
    /// <param name="scale">What the answer is for; above 0.</param>
    /// <param name="workers">How many.</param>
    /// <param name="options">How those that go are retired; null for the defaults.</param>
    /// <param name="now">The time.</param>
    public void OnScale(long scale, int workers, RetirementOptions? options, TimeSpan now)
    {
        _now = now;
        if (_isClosing)
        {
            sink.ScaleEnded(scale, null);
            return;
        }

        Supersede();
        _scale = new PendingScale(scale, workers, options);
        _target = workers;
        DropThoseThatHaveNotArrived(options, scale);
        if (_wantedCount > _target)
        {
            Choose(_wantedCount - _target);
        }
    }

    /// <summary>At least so many workers are wanted.</summary>
    public void OnGrow(int workers, TimeSpan now)
    {
        _now = now;
        if (!_isClosing)
        {
            Supersede();
            _target = Math.Max(workers, _wantedCount);
        }
    }

    /// <summary>These workers are no longer wanted, nor are others in their place.</summary>
    public void OnRemove(IReadOnlyList<string> names, RetirementOptions options, TimeSpan now)
    {
        _now = now;
        if (_isClosing)
        {
            return;
        }

        Supersede();
        foreach (var name in names)
        {
            if (_byName.TryGetValue(name, out var worker))
            {
                Unwant(worker, options, 0);
            }
        }

        _target = _wantedCount;
    }

    /// <summary>The scheduler has chosen, in the order in which they should go.</summary>
    public void OnChosen(long choice, IReadOnlyList<WorkerId> chosen, TimeSpan now)
    {
        _now = now;
        // Guard I7: the choice of an older call changes nothing.
        if (choice != _choice)
        {
            return;
        }

        _choice = 0;
        DropThoseThatHaveNotArrived(_scale?.Options, _scale?.Number ?? 0);
        var ours = chosen.Select(id => _byId.GetValueOrDefault(id)).OfType<SpecWorker>().Where(static worker => worker.IsWanted).ToList();
        var excess = _wantedCount - _target;
        var othersCount = chosen.Count - ours.Count;
        if (ours.Count < excess && othersCount > 0 && excess + othersCount > _chosenMax)
        {
            Choose(excess + othersCount); // Workers of others are in the way.
            return;
        }

        foreach (var worker in ours.Take(excess))
        {
            Unwant(worker, _scale?.Options, _scale?.Number ?? 0);
        }

        if (_wantedCount > _target)
        {
            KeepTheRest("The scheduler chose fewer workers than should go: some run tasks that have left their slot, or a plugin holds them back.");
        }
    }

    /// <summary>The scheduler could not choose: all stay.</summary>
    public void OnChoiceFailed(long choice, Exception error, TimeSpan now)
    {
        _now = now;
        if (choice == _choice)
        {
            _choice = 0;
            KeepTheRest($"The scheduler could not say which workers should go: {error.Message}");
        }
    }

    private void Choose(int count)
    {
        _choice = ++_choiceCount;
        _chosenMax = count;
        sink.Choose(_choice, count);
    }

    private void KeepTheRest(string detail)
    {
        _target = _wantedCount;
        if (_scale is { } scale)
        {
            (scale.IsRefused, scale.Detail) = (true, detail);
        }
    }

    /// <summary>Takes workers that are no members out of the plan, as far as it is too large: first those without a host, the latest first.</summary>
    private void DropThoseThatHaveNotArrived(RetirementOptions? options, long scale)
    {
        if (_wantedCount <= _target)
        {
            return;
        }

        var candidates = _workers.Values.Where(static worker => worker.IsWanted && !worker.IsMember).Reverse().OrderBy(static worker => worker.State);
        foreach (var worker in candidates.Take(_wantedCount - _target).ToList())
        {
            Unwant(worker, options, scale);
        }
    }

    private void AddRow(SpecWorker worker, RetirementRow row)
    {
        if (_scale is { } scale && scale.Number == worker.Scale)
        {
            scale.Rows.Add(row);
            if (row.Outcome == RetirementOutcome.Refused)
            {
                (scale.IsRefused, scale.Detail) = (true, "Workers were refused retirement. They work on, and are part of the plan again.");
            }
        }
    }

    private void Supersede()
    {
        _choice = 0;
        EndScale(ScaleOutcome.Superseded, "A later call changed the size of the cluster.");
    }

    private void EndScaleIfDone()
    {
        if (_scale is { } scale && _choice == 0 && _settledCount == _target && _workers.Count - _hangingCount == _target)
        {
            EndScale(scale.IsRefused ? ScaleOutcome.Refused : ScaleOutcome.Reached, scale.Detail);
        }
    }

    private void EndScale(ScaleOutcome outcome, string detail)
    {
        if (_scale is { } scale)
        {
            _scale = null;
            sink.ScaleEnded(scale.Number, new ScaleReport(scale.Requested, _wantedCount, outcome, detail, new RetirementReport(scale.Rows)));
        }
    }

    private sealed class PendingScale(long number, int requested, RetirementOptions? options)
    {
        public long Number { get; } = number;

        public int Requested { get; } = requested;

        public RetirementOptions? Options { get; } = options;

        public List<RetirementRow> Rows { get; } = [];

        public bool IsRefused { get; set; }

        public string Detail { get; set; } = string.Empty;
    }
}
