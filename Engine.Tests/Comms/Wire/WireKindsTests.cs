using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tests.TestKit.Wire;
using VerifyXunit;

namespace Engine.Tests.Comms.Wire;

/// <summary>The table of messages that leave a process. If the snapshot changes, so does <see cref="EngineWireFormat.Version"/>.</summary>
[UsesVerify]
public sealed class WireKindsTests
{
    [Fact]
    public async Task Kinds() => await Verifier.Verify(string.Join('\n', WireKinds.Rows
        .OrderBy(static row => row.Kind)
        .Select(static row => $"{row.Kind,3} {row.Type.Name}: {string.Join(", ", RoutesOf(row))}; {row.Lane}")
        .Prepend($"version {WireLink.Format.Version}")));

    [Fact]
    public void Every_message_of_the_protocol_is_in_the_table_or_says_why_not()
    {
        var messages = typeof(RegisterClient).Assembly.GetTypes()
            .Where(static type => type is { IsAbstract: false, Namespace: "Engine.Protocol" } && type.IsAssignableTo(typeof(Message)));
        Assert.Equal(
            messages.Select(static type => type.Name).Order(StringComparer.Ordinal),
            WireKinds.Rows.Select(static row => row.Type).Concat(WireKinds.InProcessOnly.Keys).Select(static type => type.Name).Order(StringComparer.Ordinal));
        Assert.All(WireKinds.InProcessOnly.Values, Assert.NotEmpty);
    }

    [Fact]
    public void Every_kind_has_a_sample() => Assert.Equal(
        WireKinds.Rows.Select(static row => row.Type.Name).Order(StringComparer.Ordinal),
        WireSamples.All.Select(static sample => sample().GetType().Name).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void The_table_has_the_lane_of_each_message() => Assert.All(
        WireSamples.All.Select(static sample => sample()), static message => Assert.Equal(WireKinds.Find(message.GetType())!.Lane, message.Lane));

    [Fact]
    public void A_codec_accepts_what_its_peer_may_send_and_nothing_else()
    {
        foreach (var (from, to) in WireLink.Pairs())
        {
            var codec = WireLink.Format.CreateCodec(self: to, peer: from);
            var accepted = Enumerable.Range(-1, 300).Where(codec.Accepts);
            Assert.Equal(WireKinds.Rows.Where(row => (row.Routes & WireRoute.Of(from, to)) != 0).Select(static row => row.Kind).Order(), accepted);
        }

        Assert.False(WireLink.Format.CreateCodec(ComponentRole.Scheduler, ComponentRole.Client).Accepts(WireKinds.Find(typeof(FinishedBatch))!.Kind));
        Assert.False(WireLink.Format.CreateCodec(ComponentRole.Scheduler, ComponentRole.Unknown).Accepts(WireKinds.Find(typeof(RegisterClient))!.Kind));
    }

    [Fact]
    public void A_component_does_not_send_what_is_not_for_its_peer()
    {
        var codec = WireLink.Format.CreateCodec(ComponentRole.Client, ComponentRole.Scheduler);
        Assert.Throws<NotSupportedException>(() => codec.Write(new Goodbye(CloseReason.Retired, "x"), new BodyOutput()));
    }

    [Fact]
    public void A_kind_that_does_not_exist_is_a_violation()
    {
        var codec = WireLink.Format.CreateCodec(ComponentRole.Client, ComponentRole.Scheduler);
        Assert.Throws<ProtocolViolationException>(() => codec.Read(0, default, []));
        Assert.Throws<ProtocolViolationException>(() => codec.Read(256, default, []));
    }

    private static IEnumerable<string> RoutesOf(WireRow row) =>
        WireLink.Pairs().Where(pair => (WireRoute.Of(pair.From, pair.To) & row.Routes) != 0).Select(static pair => $"{pair.From} to {pair.To}");
}
