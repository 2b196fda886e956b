using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>A child's output as a stream. Closing it closes the pipe: the child then gets SIGPIPE, as in a shell.</summary>
internal sealed class OutputStream(PipeEnd pipe, object owner) : ReadOnlyPipeStream
{
    // A pending read keeps the child alive: without it, awaiting only the output would let the child be collected.
    private readonly object _owner = owner;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
        {
            // The reader asks so before it takes a buffer: a child that says nothing costs none.
            await pipe.WaitReadableAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }

        while (true)
        {
            int count = pipe.TryRead(buffer.Span);
            if (count >= 0)
            {
                GC.KeepAlive(_owner);
                return count;
            }

            if (count != PipeEnd.NotNow)
            {
                throw new IOException($"Reading from the child failed: {Marshal.GetPInvokeErrorMessage(-count)}.", -count);
            }

            await pipe.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
        => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            pipe.Close();
        }

        base.Dispose(disposing);
    }
}

/// <summary>The members of a forward-only stream that say no.</summary>
internal abstract class ReadOnlyPipeStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
