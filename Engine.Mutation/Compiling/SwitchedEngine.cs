using Engine.Mutation.Mutants;
using Microsoft.CodeAnalysis.Text;

namespace Engine.Mutation.Compiling;

/// <summary>
/// One engine with all mutants in it. Problem: to compile and load an engine for each mutant costs a second, and there are thousands. Idea: each
/// member with mutants asks <c>MutantSwitch.Active</c> which of them it is to be. The number of a mutant is its place in the list, counted from 1.
/// </summary>
internal sealed class SwitchedEngine
{
    private const int RoundsMax = 20;
    private readonly EngineSources _sources;
    private readonly IReadOnlyList<Mutant> _mutants;
    private readonly Dictionary<int, string> _refused = [];
    private readonly Dictionary<int, int> _memberOf = [];
    private readonly List<SwitchedMember> _members = [];
    private readonly HashSet<int> _unswitchable = [];

    /// <exception cref="MutantException">The engine doesn't compile, for a reason that isn't a mutant's.</exception>
    public SwitchedEngine(EngineSources sources, IReadOnlyList<Mutant> mutants, string path)
    {
        (_sources, _mutants) = (sources, mutants);
        FindMembers();
        for (var round = 0; !TryCompile(path); round++)
        {
            if (round == RoundsMax)
            {
                throw new MutantException($"after {RoundsMax} rounds there are still mutants that don't compile");
            }
        }
    }

    public int MembersCount => _members.Count;

    /// <summary>The member that a mutant is in; null: it is in none that could be switched, and has to be compiled alone.</summary>
    public int? MemberOf(int mutant) => _memberOf.TryGetValue(mutant, out var member) && !_unswitchable.Contains(member) ? member : null;

    /// <summary>Why a mutant can't be compiled; null: it can.</summary>
    public string? RefusalOf(int mutant) => _refused.GetValueOrDefault(mutant);

    /// <summary>Compiles an engine that has one mutant and nothing else.</summary>
    /// <returns>Why it can't be compiled; null: it was.</returns>
    public string? EmitAlone(Mutant mutant, string path)
    {
        var file = mutant.Change.File;
        var errors = _sources.Emit(new Dictionary<string, string> { [file] = mutant.Change.ApplyTo(_sources.TextOf(file), 0) }, Switch, path);
        return errors.Count == 0 ? null : errors[0].ToString();
    }

    private string Switch => $$"""
        namespace Engine;

        public static class MutantSwitch
        {
            public static int Active;
            public static readonly bool[] Entered = new bool[{{_members.Count}}];

            public static void Enter(int member) => Entered[member] = true;
        }
        """;

    private void FindMembers()
    {
        Dictionary<(string File, TextSpan Body), int> known = [];
        for (var number = 1; number <= _mutants.Count; number++)
        {
            var change = _mutants[number - 1].Change;
            if (SwitchedMember.Around(_sources.TreeOf(change.File).GetRoot(), change.Span) is not { } member)
            {
                continue;
            }

            if (!known.TryGetValue((change.File, member.Body), out var index))
            {
                index = _members.Count;
                _members.Add(member);
                known.Add((change.File, member.Body), index);
            }

            _memberOf.Add(number, index);
        }
    }

    /// <summary>Compiles; what doesn't is left out the next time.</summary>
    private bool TryCompile(string path)
    {
        var texts = Enumerable.Range(1, _mutants.Count)
            .Where(number => MemberOf(number) is not null && !_refused.ContainsKey(number))
            .GroupBy(number => _mutants[number - 1].Change.File)
            .ToDictionary(static file => file.Key, Switched);
        var errors = _sources.Emit(texts, Switch, path);
        var isNew = false;
        foreach (var error in errors)
        {
            if (error.Location.SourceTree is not { } tree)
            {
                continue;
            }

            var root = tree.GetRoot();
            if (SwitchedMember.MutantAt(root, error.Location.SourceSpan) is { } mutant)
            {
                isNew |= _refused.TryAdd(mutant, error.ToString());
            }
            else if (SwitchedMember.MemberAt(root, error.Location.SourceSpan) is { } member)
            {
                isNew |= _unswitchable.Add(member);
            }
        }

        return errors.Count == 0 || (isNew ? false : throw new MutantException($"the engine doesn't compile: {errors[0]}"));
    }

    private string Switched(IGrouping<string, int> file)
    {
        var text = _sources.TextOf(file.Key);
        var changes = file.GroupBy(number => _memberOf[number])
            .SelectMany(member => _members[member.Key].Switch(member.Key, text, member.Select(number => (number, _mutants[number - 1].Change))));

        // The accessors of a property put their copies in one place.
        var merged = changes.GroupBy(static change => change.Span)
            .Select(static same => new TextChange(same.Key, string.Concat(same.Select(static change => change.NewText))))
            .OrderBy(static change => change.Span.Start);
        return SourceText.From(text).WithChanges(merged).ToString();
    }
}
