namespace Engine.Protocol.Wire.Codecs;

/// <summary>Questions and orders of clients about workers. The number of a request is written by its row.</summary>
internal static class MembershipRequestCodec
{
    public static void Write(ref WireWriter writer, RetireRequest message)
    {
        SelectorCodec.Write(ref writer, message.Workers);
        var terms = message.Terms;
        Fields.WriteOptional(ref writer, terms.Deadline);
        writer.Byte((byte)terms.RunningTasks);
        writer.Byte((byte)terms.OnDeadline);
        writer.Bool(terms.CloseWorkers);
        writer.Byte((byte)terms.Reason);
    }

    public static RetireRequest ReadRetireRequest(ref WireReader reader) => new(
        SelectorCodec.Read(ref reader),
        new RetirementTerms(
            Fields.ReadTimeLimit(ref reader), reader.Enum(RunningTasks.Interrupt), reader.Enum(OnDeadline.GiveUp), reader.Bool(), Fields.ReadReason(ref reader)));

    public static void Write(ref WireWriter writer, WorkersToCloseRequest message) => SelectorCodec.Write(ref writer, message.Rule);

    public static WorkersToCloseRequest ReadWorkersToCloseRequest(ref WireReader reader) => new(SelectorCodec.ReadRule(ref reader));

    public static void Write(ref WireWriter writer, RestartWorkersRequest message)
    {
        SelectorCodec.Write(ref writer, message.Workers);
        Fields.WriteOptional(ref writer, message.Timeout);
        writer.Bool(message.Wait);
    }

    public static RestartWorkersRequest ReadRestartWorkersRequest(ref WireReader reader) =>
        new(SelectorCodec.Read(ref reader), Fields.ReadTimeLimit(ref reader), reader.Bool());

    public static void Write(ref WireWriter writer, RestartRequest message)
    {
        Fields.WriteOptional(ref writer, message.Timeout);
        writer.Bool(message.Wait);
    }

    public static RestartRequest ReadRestartRequest(ref WireReader reader) => new(Fields.ReadTimeLimit(ref reader), reader.Bool());

    public static void Write(ref WireWriter writer, ReadmitRequest message)
    {
        Fields.WriteOptional(ref writer, message.Nanny);
        writer.Text(message.Host);
    }

    public static ReadmitRequest ReadReadmitRequest(ref WireReader reader) => new(Fields.ReadOptionalNanny(ref reader), reader.Text());

    public static void Write(ref WireWriter writer, ReplicateRequest message)
    {
        Fields.WriteKeys(ref writer, message.Keys);
        writer.Count(message.Count);
    }

    public static ReplicateRequest ReadReplicateRequest(ref WireReader reader) => new(Fields.ReadKeys(ref reader), reader.Count());

    public static void Write(ref WireWriter writer, ActiveMemoryRequest message) => writer.Byte((byte)message.Command);

    public static ActiveMemoryRequest ReadActiveMemoryRequest(ref WireReader reader) => new(reader.Enum(ActiveMemoryCommand.AddRebalance));
}

/// <summary>Which workers are meant.</summary>
internal static class SelectorCodec
{
    private const byte Ids = 1;
    private const byte Names = 2;
    private const byte Addresses = 3;
    private const byte ToClose = 4;

    public static void Write(ref WireWriter writer, WorkerSelector selector)
    {
        switch (selector)
        {
            case IdSelector byId:
                writer.Byte(Ids);
                writer.Count(byId.Ids.Length);
                foreach (var id in byId.Ids)
                {
                    writer.Worker(id);
                }

                break;
            case NameSelector byName:
                writer.Byte(Names);
                Fields.WriteTexts(ref writer, byName.Names);
                break;
            case AddressSelector byAddress:
                writer.Byte(Addresses);
                Fields.WriteTexts(ref writer, byAddress.Addresses);
                break;
            case ToCloseSelector toClose:
                writer.Byte(ToClose);
                Write(ref writer, toClose.Rule);
                break;
            default:
                throw new NotSupportedException($"A {selector.GetType().Name} is looked up by who asks.");
        }
    }

    public static WorkerSelector Read(ref WireReader reader)
    {
        switch (reader.Byte())
        {
            case Ids:
                var ids = new WorkerId[NotEmpty(reader.Items())];
                for (var i = 0; i < ids.Length; i++)
                {
                    ids[i] = reader.Worker();
                }

                return new IdSelector(ids);
            case Names:
                var names = Fields.ReadTexts(ref reader);
                NotEmpty(names.Length);
                return new NameSelector(names);
            case Addresses:
                var addresses = Fields.ReadTexts(ref reader);
                NotEmpty(addresses.Length);
                return new AddressSelector(addresses);
            case ToClose:
                return new ToCloseSelector(ReadRule(ref reader));
            case var other:
                throw new ProtocolViolationException($"There is no selector {other}.");
        }
    }

    public static void Write(ref WireWriter writer, WorkersToClose rule)
    {
        if (rule.GroupBy is not null)
        {
            throw new NotSupportedException("WorkersToClose.GroupBy is code and can't be sent; Crossing refuses it.");
        }

        Fields.WriteOptional(ref writer, rule.Count);
        writer.Count(rule.Minimum);
        writer.Double(rule.MemoryRatio);
    }

    public static WorkersToClose ReadRule(ref WireReader reader) => new()
    {
        Count = Fields.ReadOptional(ref reader) is not { } count ? null
            : count is >= 0 and <= int.MaxValue ? (int)count
            : throw new ProtocolViolationException($"{count} is no number of workers."),
        Minimum = reader.Count(),
        MemoryRatio = reader.Double() is > 0 and var ratio ? ratio : throw new ProtocolViolationException("A memory ratio is above 0."),
    };

    private static int NotEmpty(int count) => count > 0 ? count : throw new ProtocolViolationException("A selector names one worker at least.");
}
