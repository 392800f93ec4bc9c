using CsCheck;
using Engine.Plugins.Transports;
using Engine.Runtime;
using Engine.Tests.Conformance;

namespace Engine.Tests.Comms;

/// <summary>Whatever is posted at the same time and whenever the mailbox is completed: each lane keeps its order, and what was refused is never read.</summary>
public sealed class MailboxModelTests
{
    [Fact]
    public void What_threads_post_at_the_same_time_is_read_as_if_it_had_been_posted_one_after_the_other() => Gen.Const(static () => (new Box(), new Model())).SampleParallel(
        Gen.Int[1, 1000].Operation<Box, Model>(static number => $"data {number}", static (box, number) => box.Post(number, Lane.Data), static (model, number) => model.Post(number, Lane.Data)),
        Gen.Int[1, 1000].Operation<Box, Model>(static number => $"control {number}", static (box, number) => box.Post(number, Lane.Control), static (model, number) => model.Post(number, Lane.Control)),
        Gen.Operation<Box, Model>("complete", static box => box.Complete(), static model => model.Complete()),
        equal: static (box, model) => box.Rest == model.Rest,
        iter: 300);

    [Fact]
    public void Control_is_read_before_data_and_each_lane_in_its_order() => Gen.Const(static () => (new Box(), new Model())).SampleModelBased(
        Gen.Int[1, 1000].Operation<Box, Model>(static (box, number) => box.Post(number, Lane.Data), static (model, number) => model.Post(number, Lane.Data)),
        Gen.Int[1, 1000].Operation<Box, Model>(static (box, number) => box.Post(number, Lane.Control), static (model, number) => model.Post(number, Lane.Control)),
        Gen.Operation<Box, Model>(static box => box.Take(), static model => model.Take()),
        equal: static (box, model) => box.Read == model.Read && box.Depth == model.Depth);

    [Fact]
    public void A_control_message_that_comes_after_the_end_is_refused_and_never_read()
    {
        var mailbox = new Mailbox();
        mailbox.Complete();

        Assert.False(mailbox.Post(new NumberedMessage(1, Lane.Control)));

        Assert.False(mailbox.TryTake(out _));
        Assert.Equal(0, mailbox.Depth);
    }

    private sealed class Box
    {
        private readonly Mailbox _mailbox = new();
        private readonly List<long> _read = [];
        private readonly Lock _gate = new();
        private string? _rest;

        public int Depth => _mailbox.Depth;

        public string Read => string.Join(',', _read);

        /// <summary>All that is left, taken out when this is first asked for. Orders are compared on several threads, and a mailbox has one reader.</summary>
        public string Rest
        {
            get
            {
                lock (_gate)
                {
                    if (_rest is null)
                    {
                        while (Take())
                        {
                        }

                        _rest = Read;
                    }

                    return _rest;
                }
            }
        }

        public void Post(int number, Lane lane) => _mailbox.Post(new NumberedMessage(number, lane));

        public void Complete() => _mailbox.Complete();

        public bool Take()
        {
            if (!_mailbox.TryTake(out var envelope))
            {
                return false;
            }

            _read.Add(((NumberedMessage)envelope.Message!).Number);
            return true;
        }
    }

    private sealed class Model
    {
        private readonly Queue<int> _data = new();
        private readonly Queue<int> _control = new();
        private readonly List<int> _read = [];
        private bool _isComplete;

        public int Depth => _data.Count + _control.Count;

        public string Read => string.Join(',', _read);

        public string Rest => string.Join(',', _read.Concat(_control).Concat(_data));

        public void Post(int number, Lane lane)
        {
            if (!_isComplete)
            {
                (lane == Lane.Control ? _control : _data).Enqueue(number);
            }
        }

        public void Complete() => _isComplete = true;

        public void Take()
        {
            if (_control.TryDequeue(out var number) || _data.TryDequeue(out number))
            {
                _read.Add(number);
            }
        }
    }
}
