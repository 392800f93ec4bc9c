using System.Reflection;
using System.Runtime.CompilerServices;

namespace Engine.Tasks;

/// <summary>A function that tasks run: its name for people, and a small number that indexes statistics.</summary>
/// <remarks>dask: <c>TaskPrefix</c> is named after it.</remarks>
internal sealed class FunctionInfo
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<MethodInfo, FunctionInfo> s_byMethod = [];
    private static readonly RecentFunction?[] s_recent = new RecentFunction?[256];
    private static int s_count;

    private FunctionInfo(string name) => (Name, Id) = (name, Interlocked.Increment(ref s_count) - 1);

    /// <summary>Type and method, for example <c>Program.CountWords</c>; for a lambda the method that holds it.</summary>
    public string Name { get; }

    /// <summary>Dense number in this process, from 0.</summary>
    public int Id { get; }

    /// <summary>Makes the information of a function of the engine's own.</summary>
    public static FunctionInfo Named(string name) => new(name);

    /// <summary>Finds the information of a delegate's method.</summary>
    /// <remarks>
    /// Reading a delegate's method costs some hundred nanoseconds; a lambda that captures nothing is one delegate for
    /// ever, so a small table by reference answers nearly always. Entries are immutable and replaced whole.
    /// </remarks>
    public static FunctionInfo Of(Delegate function) => RecentOf(function)?.Info ?? OfMethod(function.Method);

    /// <summary>What is remembered of a delegate; null if it captures something and so must not be held.</summary>
    public static RecentFunction? RecentOf(Delegate function)
    {
        ref var slot = ref s_recent[RuntimeHelpers.GetHashCode(function) & (s_recent.Length - 1)];
        var recent = Volatile.Read(ref slot);
        if (recent is not null && ReferenceEquals(recent.Function, function))
        {
            return recent;
        }

        if (!IsStateless(function))
        {
            return null;
        }

        recent = new RecentFunction(function, OfMethod(function.Method));
        Volatile.Write(ref slot, recent);
        return recent;
    }

    public override string ToString() => Name;

    // The compiler keeps lambdas that capture nothing in one object of a class <>c; closures are <>c__DisplayClass.
    private static bool IsStateless(Delegate function) =>
        function.Target?.GetType().Name is not { } name
        || (name.StartsWith("<>c", StringComparison.Ordinal) && !name.Contains("Display", StringComparison.Ordinal));

    private static FunctionInfo OfMethod(MethodInfo method)
    {
        lock (s_gate)
        {
            if (!s_byMethod.TryGetValue(method, out var info))
            {
                s_byMethod[method] = info = new FunctionInfo(NameOf(method));
            }

            return info;
        }
    }

    private static string NameOf(MethodInfo method)
    {
        var type = method.DeclaringType;
        while (type is { IsNested: true } && type.Name.StartsWith('<'))
        {
            type = type.DeclaringType; // The compiler's closure classes say nothing to a reader.
        }

        // A lambda's method is called <Outer>b__0_1 (of a program without Main <<Main>$>b__0_1), a local function's <Outer>g__Name|0_1.
        var name = method.Name;
        if (name.StartsWith('<'))
        {
            var close = name.LastIndexOf('>');
            var local = name.IndexOf("g__", StringComparison.Ordinal);
            var bar = name.IndexOf('|', StringComparison.Ordinal);
            name = local >= 0 && bar > local ? name[(local + 3)..bar] : $"{name[1..close].Trim('<', '>', '$')}.lambda{name[(name.LastIndexOf('_') + 1)..]}";
        }

        return type is null ? name : $"{type.Name}.{name}";
    }
}

/// <summary>What is remembered of a delegate that captures nothing.</summary>
internal sealed class RecentFunction(Delegate function, FunctionInfo info)
{
    public Delegate Function { get; } = function;

    public FunctionInfo Info { get; } = info;

    /// <summary>The last call of it that holds no values: the next one is most often the same. Racing threads may each make one.</summary>
    public TaskWork? LastCall { get; set; }
}
