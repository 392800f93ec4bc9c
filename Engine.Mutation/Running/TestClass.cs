using System.Reflection;

namespace Engine.Mutation.Running;

/// <summary>
/// Runs the tests of a class as xunit does, as far as the tests of the cores need it: facts, theories, fixtures, asynchronous set-up.
/// A test that xunit would run in another way is one of the running cluster, and not used here.
/// </summary>
internal sealed class TestClass(Type type)
{
    private const BindingFlags Methods = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public;

    /// <summary>The names of the tests that are not skipped.</summary>
    public IEnumerable<string> Tests => type.GetMethods(Methods)
        .Where(static method => FactOf(method) is { } fact && fact.GetType().GetProperty("Skip")?.GetValue(fact) is null)
        .Select(static method => method.Name);

    /// <summary>Runs a test, with all its data.</summary>
    /// <param name="test">Its name.</param>
    /// <param name="limit">How long it may take if it is asynchronous.</param>
    /// <returns>What was wrong; null: it passed.</returns>
    public string? FailureOf(string test, TimeSpan limit)
    {
        var method = type.GetMethod(test, Methods)!;
        return ArgumentsOf(method).Select(arguments => Run(method, arguments, limit)).FirstOrDefault(static error => error is not null);
    }

    public static bool HasTests(Type type) => type is { IsClass: true, IsAbstract: false } && type.GetMethods(Methods).Any(static method => FactOf(method) is not null);

    /// <summary>Whether none of the tests waits for anything.</summary>
    public static bool IsSynchronous(Type type) =>
        type.GetMethods(Methods).Where(static method => FactOf(method) is not null).All(static method => method.ReturnType == typeof(void));

    private static Attribute? FactOf(MethodInfo method) => method.GetCustomAttributes().FirstOrDefault(static attribute => Is(attribute.GetType(), "Xunit.FactAttribute"));

    private static bool Is(Type? type, string name)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.FullName == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One row for a fact; those of its data for a theory.</summary>
    private static IEnumerable<object?[]> ArgumentsOf(MethodInfo method)
    {
        if (method.GetParameters().Length == 0)
        {
            return [[]];
        }

        return method.GetCustomAttributes()
            .Where(static attribute => Is(attribute.GetType(), "Xunit.Sdk.DataAttribute"))
            .SelectMany(attribute => (IEnumerable<object?[]>)attribute.GetType().GetMethod("GetData", [typeof(MethodInfo)])!.Invoke(attribute, [method])!);
    }

    private string? Run(MethodInfo method, object?[] arguments, TimeSpan limit)
    {
        object? instance = null;
        try
        {
            instance = Activator.CreateInstance(type, [.. FixturesOf(type.GetConstructors()[0])]);
            var initialize = InterfaceMethod("InitializeAsync");
            Await(initialize?.Invoke(instance, null), limit);
            CallAround("Before", method);
            Await(method.Invoke(instance, Completed(method, arguments)), limit);
            CallAround("After", method);
            return null;
        }
        catch (Exception exception)
        {
            return Cause(exception).Message;
        }
        finally
        {
            try
            {
                Await(InterfaceMethod("DisposeAsync")?.Invoke(instance, null), limit);
                (instance as IDisposable)?.Dispose();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The test has failed already, or has left something behind that only the mutant has.
            }
        }

        MethodInfo? InterfaceMethod(string name) => type.GetInterfaces().FirstOrDefault(static contract => contract.FullName == "Xunit.IAsyncLifetime")?.GetMethod(name);
    }

    /// <summary>What a test threw, without what reflection and waiting put around it.</summary>
    private static Exception Cause(Exception exception) =>
        exception is TargetInvocationException or AggregateException && exception.InnerException is { } inner ? Cause(inner) : exception;

    /// <summary>What class and test ask for with attributes, as snapshots do.</summary>
    private void CallAround(string name, MethodInfo method)
    {
        foreach (var attribute in type.GetCustomAttributes().Concat(method.GetCustomAttributes()).Where(static attribute => Is(attribute.GetType(), "Xunit.Sdk.BeforeAfterTestAttribute")))
        {
            attribute.GetType().GetMethod(name)!.Invoke(attribute, [method]);
        }
    }

    private static object?[] Completed(MethodInfo method, object?[] arguments) =>
        [.. arguments, .. method.GetParameters().Skip(arguments.Length).Select(static parameter => parameter.DefaultValue)];

    private static IEnumerable<object?> FixturesOf(ConstructorInfo constructor) =>
        constructor.GetParameters().Select(static parameter => Activator.CreateInstance(parameter.ParameterType));

    private static void Await(object? result, TimeSpan limit)
    {
        var task = result switch
        {
            Task running => running,
            ValueTask running => running.AsTask(),
            _ => Task.CompletedTask,
        };
        if (!task.Wait(limit))
        {
            throw new TimeoutException($"it did not end within {limit}");
        }
    }
}
