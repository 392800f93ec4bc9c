using Engine.Plugins.Transports;
using Engine.Protocol;
using Engine.Protocol.Wire;
using Engine.Tasks;
using Engine.Tests.TestKit.Wire;

namespace Engine.Tests.Comms.Wire;

/// <summary>What comes again is written once; the tables of both ends stay the same, also when the oldest makes room.</summary>
public sealed class InterningTests
{
    [Fact]
    public void An_address_is_written_once()
    {
        var link = WireLink.For(typeof(DataMissing));
        var first = link.Write(new DataMissing(default, WireSamples.Ann));
        var second = link.Write(new DataMissing(default, WireSamples.Ann));
        Assert.Equal(3, second.Body.Length);
        Assert.True(first.Body.Length > 20);
        var read = (DataMissing)link.Read(first);
        Assert.Same(read.Holder, ((DataMissing)link.Read(second)).Holder);
    }

    [Fact]
    public void More_addresses_than_a_table_has_room_for_arrive_all_the_same()
    {
        var link = WireLink.For(typeof(DataMissing));
        var workers = Enumerable.Range(0, WireSender.WorkersMax + 500).Select(static i => new WorkerAddress(new WorkerId(i), $"tcp://{i}", $"{i}")).ToList();
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var worker = workers[random.Next(workers.Count)];
            Assert.Equal(worker, ((DataMissing)link.Read(link.Write(new DataMissing(default, worker)))).Holder);
        }
    }

    [Fact]
    public void Options_are_written_once()
    {
        var link = WireLink.For(typeof(SubmitMap));
        var work = new ConstantWork(default);
        for (var i = 0; i < 3 * WireSender.OptionsMax; i++)
        {
            var options = new TaskOptions { Name = $"{i}" };
            var read = (SubmitMap)link.Read(link.Write(new SubmitMap(default, 1, work, options)));
            var again = (SubmitMap)link.Read(link.Write(new SubmitMap(default, 1, work, options)));
            Assert.Equal($"{i}", read.Options!.Name);
            Assert.Same(read.Options, again.Options);
        }
    }

    [Fact]
    public void A_reference_to_what_was_never_written_is_a_violation()
    {
        var link = WireLink.For(typeof(DataMissing));
        Assert.Throws<ProtocolViolationException>(() => link.Read(new WireBytes(WireKinds.Find(typeof(DataMissing))!.Kind, [0, 1, 0], [])));
    }

    [Fact]
    public void An_incarnation_with_another_address_is_written_anew()
    {
        var link = new WireLink(ComponentRole.Worker, ComponentRole.Scheduler);
        var moved = WireSamples.Ann with { Address = "tcp://elsewhere" };
        _ = link.Read(link.Write(new DataMissing(default, WireSamples.Ann)));
        Assert.Equal(moved, ((DataMissing)link.Read(link.Write(new DataMissing(default, moved)))).Holder);
        Assert.Equal(WireSamples.Ann, ((DataMissing)link.Read(link.Write(new DataMissing(default, WireSamples.Ann)))).Holder);
    }
}
