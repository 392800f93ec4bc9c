using Engine.Data;

namespace Engine.Tasks;

/// <summary>The values of a task's dependencies, in the order in which the task was submitted with them.</summary>
internal readonly ref struct TaskInputs(ReadOnlySpan<DataValue> values)
{
    private readonly ReadOnlySpan<DataValue> _values = values;

    public int Count => _values.Length;

    public T Get<T>(int index) => _values[index].Get<T>();

    /// <summary>The value as it is stored, for work that passes it on.</summary>
    public DataValue Raw(int index) => _values[index];

    /// <summary>Reads a run of dependencies as a list, for functions over many futures.</summary>
    public T[] GetList<T>(int index, int count)
    {
        var list = new T[count];
        for (var i = 0; i < count; i++)
        {
            list[i] = _values[index + i].Get<T>();
        }

        return list;
    }
}
