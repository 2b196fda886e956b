using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Pumps;

/// <summary>A file, or a copy of a handle of the host's, written at the offset that all its users share.</summary>
/// <remarks>
/// The handle is synchronous, as standard streams are; Windows refuses this write on another. On a file it takes its time and no
/// more. A console or a pipe can hold it up for as long as its reader likes, so these have a thread of their own, from the first
/// piece to the close.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class HandleTarget : OutputTarget
{
    private readonly KernelHandle _handle;
    private readonly BlockingCollection<Piece>? _pieces; // for the thread; null for a file
    private bool _hasThread;

    internal HandleTarget(KernelHandle handle)
    {
        _handle = handle;
        using HandleUse use = new(handle);
        _pieces = Kernel32.GetFileType(use.Value) == Kernel32.FILE_TYPE_DISK ? null : [];
    }

    internal override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        if (_pieces is null)
        {
            WriteAll(bytes.Span);
            return;
        }

        if (!_hasThread)
        {
            new Thread(Run, maxStackSize: 256 * 1024) { IsBackground = true, Name = "ChildProc target" }.UnsafeStart();
            _hasThread = true;
        }

        Piece piece = new(bytes.ToArray()); // they are the caller's again when the wait is given up
        _pieces.Add(piece, stop);
        await piece.Written.WaitAsync(stop).ConfigureAwait(false);
    }

    /// <summary>A write that is held up keeps the handle until its reader goes.</summary>
    internal override void Close()
    {
        _pieces?.CompleteAdding();
        _handle.Dispose();
    }

    private void Run()
    {
        foreach (Piece piece in _pieces!.GetConsumingEnumerable())
        {
            try
            {
                WriteAll(piece.Bytes);
                piece.SetResult();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                piece.SetException(e);
            }
        }
    }

    private unsafe void WriteAll(ReadOnlySpan<byte> bytes)
    {
        using HandleUse use = new(_handle);
        while (!bytes.IsEmpty)
        {
            fixed (byte* at = bytes)
            {
                uint count;
                if (Kernel32.WriteFile(use.Value, at, (uint)bytes.Length, &count, null) == 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    throw new IOException($"Writing to a target failed: {Marshal.GetPInvokeErrorMessage(error)}.", error);
                }

                bytes = bytes[(int)count..];
            }
        }
    }

    private sealed class Piece(byte[] bytes)
    {
        private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal byte[] Bytes { get; } = bytes;

        internal Task Written => _source.Task;

        internal void SetResult() => _source.SetResult();

        internal void SetException(Exception e) => _source.SetException(e);
    }
}
