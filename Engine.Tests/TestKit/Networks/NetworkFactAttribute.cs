namespace Engine.Tests.TestKit.Networks;

/// <summary>A test on a <see cref="VirtualNetwork"/>. Where there can't be one it is skipped, with the reason.</summary>
internal sealed class NetworkFactAttribute : FactAttribute
{
    private static readonly Lazy<string?> s_refusal = new(FindRefusal);

    public NetworkFactAttribute() => Skip = s_refusal.Value;

    private static string? FindRefusal()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Network namespaces are Linux's.";
        }

        try
        {
            foreach (var name in VirtualNetwork.LeftBehind().ToList())
            {
                VirtualNetwork.RemoveNamespace(name);
            }

            using var network = new VirtualNetwork(seed: 0);
            network.AddHost();
            return null;
        }
#pragma warning disable CA1031 // Whatever it is: no device, no command, no right to use them.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"There can be no network of namespaces here (docs/testing.md says what it needs): {exception.Message}";
        }
    }
}
