using System.Collections;
using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Tests.Simulation.Chance;
using Engine.Tests.Simulation.Network;

namespace Engine.Tests.Simulation.Exhaustive;

/// <summary>
/// A number for the content of an object and of all that it leads to: equal numbers, equal futures. Objects are told by the place at which they
/// are met first. What decides nothing (logs, caches, texts for people) is left out by <see cref="StateParts"/>; whatever is not left out tells
/// states apart.
/// </summary>
internal sealed class StateHash
{
    private static readonly ConcurrentDictionary<Type, TypeWalk> s_walks = new();
    private static readonly MethodInfo s_mix = typeof(StateHash).GetMethod(nameof(Mix), BindingFlags.NonPublic | BindingFlags.Instance)!; // They are below.
    private static readonly MethodInfo s_walk = typeof(StateHash).GetMethod(nameof(Walk), BindingFlags.NonPublic | BindingFlags.Instance)!;
    private static readonly MethodInfo s_walkStructs = typeof(StateHash).GetMethod(nameof(WalkStructs), BindingFlags.NonPublic | BindingFlags.Instance)!;
    private static readonly MethodInfo s_walkItems = typeof(StateHash).GetMethod(nameof(WalkItems), BindingFlags.NonPublic | BindingFlags.Instance)!;

    private readonly Dictionary<Type, TypeWalk> _walks = []; // Those that were needed here, without anybody else.
    private readonly Dictionary<object, int> _met = new(ReferenceEqualityComparer.Instance);
    private Func<object, ulong?> _leaf = static _ => null;
    private ulong _value;

    /// <param name="root">Where to begin.</param>
    /// <param name="leaf">A number for an object that isn't looked into; null: it is.</param>
    public ulong Of(object root, Func<object, ulong?> leaf)
    {
        _met.Clear();
        (_leaf, _value) = (leaf, 0);
        Walk(root);
        return _value;
    }

    private void Mix(ulong value) => _value = SplitMix.Mix(_value, value);

    private void Walk(object? item)
    {
        if (item is null)
        {
            Mix(0);
        }
        else if (item is string text)
        {
            Mix((ulong)text.Length);
            foreach (var letter in text)
            {
                Mix(letter);
            }
        }
        else if (item is Delegate called)
        {
            Mix((ulong)called.Method.MetadataToken);
            Walk(called.Target);
        }
        else if (item is Exception error)
        {
            Mix((ulong)error.GetType().MetadataToken);
            Walk(error.Message);
        }
        else if (_leaf(item) is { } leaf)
        {
            Mix(leaf);
        }
        else if (!item.GetType().IsValueType && !_met.TryAdd(item, _met.Count))
        {
            Mix(1 + (ulong)_met[item]);
        }
        else
        {
            WalkInto(item);
        }
    }

    private void WalkInto(object item)
    {
        var type = item.GetType();
        if (!_walks.TryGetValue(type, out var walk))
        {
            _walks[type] = walk = s_walks.GetOrAdd(type, MakeWalk);
        }

        if (walk.Into is { } into)
        {
            Mix(walk.Token);
            into(this, item);
        }
    }

    private void WalkStructs<T>(T[] items, Action<StateHash, T> walk)
        where T : struct
    {
        var size = Unsafe.SizeOf<T>();
        var bytes = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<T, byte>(ref MemoryMarshal.GetArrayDataReference(items)), items.Length * size);
        for (var i = 0; i < items.Length; i++)
        {
            if (bytes.Slice(i * size, size).ContainsAnyExcept((byte)0)) // Rows that were never used are most of them.
            {
                Mix((ulong)i);
                walk(this, items[i]);
            }
        }

        Mix(2);
    }

    private void WalkItems(IEnumerable items)
    {
        // A component has its connections in the order of their beginnings, which nobody asks for.
        foreach (var item in items is List<LinkEnd> links ? links.OrderBy(static link => link.Place) : items)
        {
            Walk(item);
        }

        Mix(2);
    }

    private static TypeWalk MakeWalk(Type type)
    {
        if (StateParts.IsLeftOut(type))
        {
            return new TypeWalk(0, null);
        }

        var (hash, item) = (Expression.Parameter(typeof(StateHash)), Expression.Parameter(typeof(object)));
        var into = Expression.Lambda<Action<StateHash, object>>(WalkerOf(type, hash, Expression.Convert(item, type)), hash, item).Compile();
        return new TypeWalk((ulong)type.MetadataToken, into);
    }

    private static Expression WalkerOf(Type type, Expression hash, Expression value)
    {
        if (type.IsEnum)
        {
            return WalkerOf(Enum.GetUnderlyingType(type), hash, Expression.Convert(value, Enum.GetUnderlyingType(type)));
        }

        if (type == typeof(bool))
        {
            return Expression.Call(hash, s_mix, Expression.Condition(value, Expression.Constant(1UL), Expression.Constant(0UL)));
        }

        if (type == typeof(double) || type == typeof(float))
        {
            return Expression.Call(
                hash, s_mix, Expression.Convert(Expression.Call(typeof(BitConverter), nameof(BitConverter.DoubleToInt64Bits), null, Expression.Convert(value, typeof(double))), typeof(ulong)));
        }

        if (type.IsPrimitive)
        {
            return Expression.Call(hash, s_mix, Expression.Convert(value, typeof(ulong)));
        }

        if (type is { IsSZArray: true } && type.GetElementType() is { IsValueType: true } element)
        {
            var (itsHash, its) = (Expression.Parameter(typeof(StateHash)), Expression.Parameter(element));
            var walk = Expression.Lambda(typeof(Action<,>).MakeGenericType(typeof(StateHash), element), WalkerOf(element, itsHash, its), itsHash, its).Compile();
            return Expression.Call(hash, s_walkStructs.MakeGenericMethod(element), value, Expression.Constant(walk));
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(PriorityQueue<,>))
        {
            return Expression.Call(hash, s_walkItems, Expression.Property(value, nameof(PriorityQueue<,>.UnorderedItems)));
        }

        if (!type.IsValueType && (type.IsArray || IsCollection(type)))
        {
            return Expression.Call(hash, s_walkItems, Expression.Convert(value, typeof(IEnumerable)));
        }

        return WalkerOfFields(type, hash, value);
    }

    private static bool IsCollection(Type type) => type.Namespace?.StartsWith("System.Collections", StringComparison.Ordinal) == true && typeof(IEnumerable).IsAssignableFrom(type);

    private static Expression WalkerOfFields(Type type, Expression hash, Expression value)
    {
        var steps = new List<Expression>();
        for (var declaring = type; declaring is not null && declaring != typeof(object); declaring = declaring.BaseType)
        {
            foreach (var field in declaring.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!StateParts.IsLeftOut(field))
                {
                    var content = Expression.Field(value, field);
                    steps.Add(
                        StateParts.IsText(field) ? WalkerOf(typeof(bool), hash, Expression.Equal(content, Expression.Constant(null)))
                        : field.FieldType.IsValueType ? WalkerOf(field.FieldType, hash, content)
                        : Expression.Call(hash, s_walk, content));
                }
            }
        }

        return steps.Count == 0 ? Expression.Empty() : Expression.Block(steps);
    }

    /// <param name="Token">Stands for the type.</param>
    /// <param name="Into">Mixes its fields; null: they are no part of a state.</param>
    private sealed record TypeWalk(ulong Token, Action<StateHash, object>? Into);
}
