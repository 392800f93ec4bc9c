using Mono.Cecil;

namespace Engine.Tests.Architecture;

/// <summary>
/// What the types of a compiled assembly use, read from its metadata and IL: signatures, bodies, closures, iterators and async state
/// machines alike. (NetArchTest was tried: it does not see into an async lambda.)
/// </summary>
internal static class AssemblyTypes
{
    /// <summary>The types written in the namespaces that <paramref name="inNamespace"/> accepts, without those inside them.</summary>
    public static IReadOnlyList<TypeDefinition> In(string assembly, Func<string, bool> inNamespace)
    {
        var module = ModuleDefinition.ReadModule(System.Reflection.Assembly.Load(assembly).Location);
        return [.. module.Types.Where(type => inNamespace(type.Namespace)).OrderBy(type => type.FullName, StringComparer.Ordinal)];
    }

    /// <summary>The full names of all types that <paramref name="type"/>, or a type inside it, mentions.</summary>
    public static IReadOnlySet<string> UsedBy(TypeDefinition type)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        Collect(type, used);
        return used;
    }

    private static void Collect(TypeDefinition type, HashSet<string> used)
    {
        Add(type.BaseType, used);
        foreach (var implemented in type.Interfaces)
        {
            Add(implemented.InterfaceType, used);
        }

        foreach (var field in type.Fields)
        {
            Add(field.FieldType, used);
        }

        foreach (var method in type.Methods)
        {
            CollectMethod(method, used);
        }

        foreach (var inner in type.NestedTypes)
        {
            Collect(inner, used);
        }
    }

    private static void CollectMethod(MethodDefinition method, HashSet<string> used)
    {
        AddSignature(method, used);
        if (!method.HasBody)
        {
            return;
        }

        foreach (var variable in method.Body.Variables)
        {
            Add(variable.VariableType, used);
        }

        foreach (var handler in method.Body.ExceptionHandlers)
        {
            Add(handler.CatchType, used);
        }

        foreach (var instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case TypeReference mentioned:
                    Add(mentioned, used);
                    break;
                case FieldReference field:
                    Add(field.DeclaringType, used);
                    Add(field.FieldType, used);
                    break;
                case MethodReference called:
                    Add(called.DeclaringType, used);
                    AddSignature(called, used);
                    break;
            }
        }
    }

    private static void AddSignature(MethodReference method, HashSet<string> used)
    {
        Add(method.ReturnType, used);
        foreach (var parameter in method.Parameters)
        {
            Add(parameter.ParameterType, used);
        }

        foreach (var argument in (method as GenericInstanceMethod)?.GenericArguments ?? [])
        {
            Add(argument, used);
        }
    }

    private static void Add(TypeReference? type, HashSet<string> used)
    {
        if (type is null)
        {
            return;
        }

        foreach (var argument in (type as GenericInstanceType)?.GenericArguments ?? [])
        {
            Add(argument, used);
        }

        used.Add(type.GetElementType().FullName);
        if (type is TypeSpecification { ElementType: var element })
        {
            Add(element, used);
        }
    }
}
