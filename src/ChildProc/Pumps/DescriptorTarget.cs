using System.Runtime.InteropServices;
using ChildProc.Pipes;

namespace ChildProc.Pumps;

/// <summary>A file, or a copy of a descriptor of the host's, written at the offset that all its users share.</summary>
/// <remarks>
/// By write(2), as the child itself would: a FileStream keeps an offset of its own and uses pwrite(2), so two that share an
/// open file, such as the host's own output in a file, would overwrite each other.
/// </remarks>
internal sealed class DescriptorTarget : OutputTarget
{
    private const int PipeBuf = 4096; // where poll(2) says "writable", so much does not block: pipe(7)
    private readonly PipeEnd _end;
    private readonly bool _mayBlock;

    /// <param name="end">Taken over.</param>
    /// <param name="mayBlock">Pipes, sockets and terminals cannot seek, lseek(2); what can is always writable, and no event tells so.</param>
    internal DescriptorTarget(PipeEnd end, bool mayBlock)
    {
        _end = end;
        _mayBlock = mayBlock;
    }

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (!bytes.IsEmpty)
        {
            if (_mayBlock)
            {
                await _end.WaitWritableAsync(stop).ConfigureAwait(false);
            }

            int written = _end.TryWrite((_mayBlock ? bytes[..Math.Min(PipeBuf, bytes.Length)] : bytes).Span);
            if (written >= 0)
            {
                bytes = bytes[written..];
            }
            else if (written == PipeEnd.NotNow)
            {
                await _end.WaitAsync(stop).ConfigureAwait(false);
            }
            else
            {
                throw new IOException($"Writing to a target failed: {Marshal.GetPInvokeErrorMessage(-written)}.", -written);
            }
        }
    }

    internal override void Close() => _end.Close();
}
