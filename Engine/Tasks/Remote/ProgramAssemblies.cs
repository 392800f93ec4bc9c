using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.Loader;

namespace Engine.Tasks.Remote;

/// <summary>
/// The assemblies in which functions and types are looked for: those that the program was started with, apart from the framework's,
/// and those that a client has uploaded. Nothing that arrives is looked for anywhere else.
/// </summary>
internal sealed class ProgramAssemblies
{
    private static readonly string s_frameworkDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location) + Path.DirectorySeparatorChar;
    private static readonly Assembly[] s_engine = [typeof(ProgramAssemblies).Assembly, typeof(TaskKey).Assembly];
    private static readonly ConcurrentDictionary<string, Type> s_frameworkTypes = new(StringComparer.Ordinal);

    private readonly Dictionary<string, string> _started = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Name, Guid Build), Assembly> _uploaded = new();

    /// <param name="paths">The files of the assemblies that the program was started with; others of the framework among them are left out.</param>
    /// <remarks>The first of a name counts. Without LINQ, like all that a worker process does to start: it would be two hundredths of its memory.</remarks>
    public ProgramAssemblies(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (!IsFrameworkPath(path))
            {
                _started.TryAdd(Path.GetFileNameWithoutExtension(path), path);
            }
        }
    }

    /// <summary>The assemblies that this process was started with, and further ones that it was told of.</summary>
    /// <param name="more">Files of assemblies; what they need lies beside them.</param>
    /// <exception cref="FileNotFoundException">One of them is not there.</exception>
    public static ProgramAssemblies OfThisProcess(IReadOnlyList<string>? more = null)
    {
        var paths = new List<string>(TrustedPaths());
        foreach (var path in more ?? [])
        {
            if (!File.Exists(path))
            {
                throw new FileNotFoundException($"There is no assembly {path}.", path);
            }

            paths.Add(Path.GetFullPath(path));
            var resolver = new AssemblyDependencyResolver(paths[^1]);
            AssemblyLoadContext.Default.Resolving += (context, name) =>
                resolver.ResolveAssemblyToPath(name) is { } found ? context.LoadFromAssemblyPath(found) : null;
        }

        return new ProgramAssemblies(paths);
    }

    public static bool IsFramework(Assembly assembly) => assembly == typeof(object).Assembly || IsFrameworkPath(assembly.Location);

    public static bool IsEngine(Assembly assembly) => Array.IndexOf(s_engine, assembly) >= 0;

    /// <summary>A public type of the framework.</summary>
    /// <exception cref="FunctionBindingException">There is none of the name.</exception>
    public static Type FrameworkType(string name) => s_frameworkTypes.TryGetValue(name, out var known) ? known : FindFrameworkType(name);

    /// <summary>A type of the engine's.</summary>
    /// <exception cref="FunctionBindingException">There is none of the name.</exception>
    public static Type EngineType(string name) =>
        s_engine.Select(assembly => assembly.GetType(name)).FirstOrDefault(static type => type is not null)
        ?? throw new FunctionBindingException($"The engine has no type {name} here. Both sides need the same version of it.");

    /// <summary>An assembly that may be used, or null. One of the name that was uploaded in the build asked for comes first.</summary>
    public Assembly? Find(string name, Guid build)
    {
        if (_uploaded.TryGetValue((name, build), out var uploaded))
        {
            return uploaded;
        }

        if (!_started.TryGetValue(name, out var path))
        {
            return _uploaded.FirstOrDefault(pair => pair.Key.Name == name).Value;
        }

        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyPath(path); // Of what the runtime has from the start, it gives that.
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            throw new FunctionBindingException($"The assembly {name} can't be loaded here: {exception.Message}");
        }
    }

    /// <summary>Adds an assembly that a client has uploaded. It can use what the program was started with, and what was uploaded before it.</summary>
    /// <exception cref="FunctionBindingException">It can't be loaded.</exception>
    public void Load(AssemblyImage image)
    {
        if (!image.IsWhole)
        {
            throw new FunctionBindingException($"The assembly {image.Name} arrived with other bytes than it was sent with. Upload it again.");
        }

        var context = new AssemblyLoadContext(image.Name, isCollectible: true);
        context.Resolving += (_, name) => _uploaded.FirstOrDefault(pair => pair.Key.Name == name.Name).Value;
        try
        {
            var assembly = context.LoadFromStream(new MemoryStream(image.Bytes, writable: false));
            _uploaded.TryAdd((assembly.GetName().Name!, assembly.ManifestModule.ModuleVersionId), assembly);
        }
        catch (Exception exception) when (exception is BadImageFormatException or FileLoadException)
        {
            throw new FunctionBindingException($"The assembly {image.Name} can't be loaded: {exception.Message}");
        }
    }

    private static string[] TrustedPaths() =>
        ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    private static bool IsFrameworkPath(string path) =>
        path.StartsWith(s_frameworkDirectory, StringComparison.Ordinal)
        || path.Contains($"{Path.DirectorySeparatorChar}shared{Path.DirectorySeparatorChar}Microsoft.", StringComparison.Ordinal); // The web framework lies beside.

    private static Type FindFrameworkType(string name)
    {
        if (typeof(object).Assembly.GetType(name) is { IsPublic: true } or { IsNestedPublic: true })
        {
            return s_frameworkTypes[name] = typeof(object).Assembly.GetType(name)!;
        }

        foreach (var path in TrustedPaths().Where(IsFrameworkPath))
        {
            if (AssemblyLoadContext.Default.LoadFromAssemblyName(AssemblyName.GetAssemblyName(path)).GetType(name) is { } type && (type.IsPublic || type.IsNestedPublic))
            {
                return s_frameworkTypes[name] = type;
            }
        }

        throw new FunctionBindingException($"The framework has no public type {name} here. Both sides need the same version of it.");
    }
}
