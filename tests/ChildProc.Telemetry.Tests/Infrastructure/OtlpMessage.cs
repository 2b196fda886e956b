using Google.Protobuf;

namespace ChildProc.Telemetry.Tests.Infrastructure;

/// <summary>A protobuf message by its field numbers: those of opentelemetry-proto, which the tests name.</summary>
internal sealed class OtlpMessage
{
    private readonly List<(int Field, object Value)> _fields = [];

    internal OtlpMessage(byte[] bytes)
    {
        using CodedInputStream input = new(bytes);
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            _fields.Add((WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadInt64(),
                WireFormat.WireType.Fixed64 => input.ReadFixed64(),
                WireFormat.WireType.Fixed32 => (ulong)input.ReadFixed32(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes(),
                var other => throw new InvalidDataException($"Wire type {other}."),
            }));
        }
    }

    internal IEnumerable<OtlpMessage> All(params int[] path)
        => path.Aggregate(Enumerable.Repeat(this, 1), static (messages, field) => messages.SelectMany(m => m.Messages(field)));

    internal string Text(int field) => Value<ByteString>(field)?.ToStringUtf8() ?? "";

    internal string Hex(int field) => Convert.ToHexStringLower((Value<ByteString>(field) ?? ByteString.Empty).Span);

    internal long Integer(int field) => Value<object>(field) switch { long n => n, ulong n => (long)n, _ => 0 };

    internal double Real(int field) => BitConverter.UInt64BitsToDouble((ulong?)Value<object>(field) ?? 0);

    internal bool Has(int field) => _fields.Exists(f => f.Field == field);

    /// <summary>The KeyValue messages in a field: key is 1, value 2, an AnyValue of string 1, integer 3, array 5.</summary>
    internal Dictionary<string, object> Attributes(int field) => Messages(field).ToDictionary(static kv => kv.Text(1), static kv => AnyValue(kv.All(2).Single()));

    private static object AnyValue(OtlpMessage value)
        => value.Has(3) ? value.Integer(3)
            : value.Has(5) ? string.Join(' ', value.All(5, 1).Select(static item => item.Text(1)))
            : value.Text(1);

    private T? Value<T>(int field)
        where T : class => _fields.Find(f => f.Field == field).Value as T;

    private IEnumerable<OtlpMessage> Messages(int field)
        => _fields.Where(f => f.Field == field).Select(static f => new OtlpMessage(((ByteString)f.Value).ToByteArray()));
}
