using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ChildProc.Interop;

namespace ChildProc.Pipes;

/// <summary>The host's end of a pipe on Windows: overlapped, on the runtime's completion port.</summary>
/// <remarks>
/// <para>
/// A wait for output is a read of no bytes, which completes when there is something to read or the end: it takes nothing, needs
/// no buffer while the child is silent, and can be left behind. What is there is then read at once.
/// </para>
/// <para>
/// Windows has no write of "as much as fits": a write that the pipe has no room for is under way until somebody reads. It works
/// from a copy, and the next <see cref="TryWrite"/>, with the same bytes, tells what came of it.
/// </para>
/// <para>
/// One operation is waited for at a time. Each ends with its packet on the port, also when it was done at once, and nothing is
/// freed before that: a close cancels, and the last packet closes the handle. <see cref="_io"/> guards all of it; it is taken
/// inside of the base class's gate, never around it.
/// </para>
/// </remarks>
[SupportedOSPlatform("windows")]
internal unsafe class OverlappedEnd : PipeEnd
{
    private const int MostAtOnce = 64 * 1024; // what a pipe holds

    [ThreadStatic]
    private static ManualResetEvent? s_event;

    private readonly Lock _io = new();
    private readonly KernelHandle _handle;
    private readonly bool _reads;
    private readonly ThreadPoolBoundHandle _bound;
    private Operation? _pending;
    private int _packets; // that are to come
    private int? _result; // of the write that was under way
    private bool _closing;

    /// <exception cref="ArgumentException">The handle is not overlapped.</exception>
    internal OverlappedEnd(KernelHandle handle, bool reads)
    {
        _handle = handle;
        _reads = reads;
        _bound = ThreadPoolBoundHandle.BindHandle(handle);
    }

    protected override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        using HandleUse use = new(_handle);
        uint available;
        if (Kernel32.PeekNamedPipe(use.Value, null, 0, null, &available, null) == 0)
        {
            return EndOr(Marshal.GetLastPInvokeError(), atEnd: 0);
        }

        if (available == 0)
        {
            return NotNow;
        }

        // The low bit keeps the packet from the port, see GetQueuedCompletionStatus.
        s_event ??= new ManualResetEvent(false);
        NativeOverlapped overlapped = new() { EventHandle = s_event.SafeWaitHandle.DangerousGetHandle() | 1 };
        uint count;
        fixed (byte* at = buffer)
        {
            int error = Kernel32.ReadFile(use.Value, at, (uint)buffer.Length, &count, &overlapped) != 0 ? 0 : Marshal.GetLastPInvokeError();
            if (error == Kernel32.ERROR_IO_PENDING) // somebody else has read it: a copy of this end is in another process
            {
                _ = Kernel32.CancelIoEx(use.Value, &overlapped);
                error = Kernel32.GetOverlappedResult(use.Value, &overlapped, &count, wait: 1) != 0 ? 0 : Marshal.GetLastPInvokeError();
            }

            return error == 0 ? (int)count : error == Kernel32.ERROR_OPERATION_ABORTED ? NotNow : EndOr(error, atEnd: 0);
        }
    }

    internal override int TryWrite(ReadOnlySpan<byte> buffer)
    {
        lock (_io)
        {
            if (_closing)
            {
                return Broken; // the child is disposed: nobody reads any more
            }

            if (_result is { } result)
            {
                _result = null;
                return result;
            }

            return _pending is not null ? NotNow : buffer.IsEmpty ? 0 : Write(buffer[..Math.Min(buffer.Length, MostAtOnce)], beside: false);
        }
    }

    /// <summary>Writes a few bytes beside a writer of its own, whose writes they do not disturb. False when there is no room now.</summary>
    protected bool TryWriteBeside(ReadOnlySpan<byte> bytes)
    {
        lock (_io)
        {
            return !_closing && _pending is null && _result is null && Write(bytes, beside: true) is > 0 or NotNow;
        }
    }

    protected override int Arm()
    {
        lock (_io)
        {
            if (_pending is not null)
            {
                return 0; // its end wakes
            }

            if (!_reads || Begin(new Operation(this), null, 0, out _) != Kernel32.ERROR_IO_PENDING)
            {
                Wake(); // room, data, the end or an error: the next transfer tells
            }

            return 0;
        }
    }

    protected override void Disarm()
    {
        lock (_io)
        {
            if (_pending is not null)
            {
                using HandleUse use = new(_handle);
                _ = Kernel32.CancelIoEx(use.Value, _pending.Overlapped);
            }
        }
    }

    protected override void Free()
    {
        lock (_io)
        {
            _closing = true;
            if (_packets > 0)
            {
                return; // the last one frees
            }
        }

        Release();
    }

    protected override int Held() => Peek(out uint available) ? (int)available : 0;

    protected override bool IsReadable() => !Peek(out uint available) || available > 0;

    protected override bool IsWritable()
    {
        lock (_io)
        {
            return _pending is null;
        }
    }

    internal override bool HasReaders() => HasPeer();

    // A pipe whose other end is closed says so at once, also while it still holds bytes. Peeking tells only when they are read.
    protected override bool HasPeer()
    {
        try
        {
            using HandleUse use = new(_handle);
            Ntdll.IoStatus io;
            Ntdll.PipeInformation information;
            return Ntdll.NtQueryInformationFile(use.Value, &io, &information, (uint)sizeof(Ntdll.PipeInformation), Ntdll.FilePipeLocalInformation) >= 0
                && information.State == Ntdll.FILE_PIPE_CONNECTED_STATE;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private int Write(ReadOnlySpan<byte> bytes, bool beside)
    {
        void* copy = NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(copy, bytes.Length));
        int error = Begin(new Operation(this) { Copy = copy, IsBeside = beside }, copy, (uint)bytes.Length, out uint count);
        return error switch
        {
            0 => (int)count,
            Kernel32.ERROR_IO_PENDING => NotNow,
            _ => EndOr(error, Broken),
        };
    }

    /// <summary>0 when it is done, ERROR_IO_PENDING when it is under way; both bring a packet. Any other error brings none.</summary>
    private int Begin(Operation operation, void* bytes, uint length, out uint count)
    {
        using HandleUse use = new(_handle);
        NativeOverlapped* overlapped = _bound.UnsafeAllocateNativeOverlapped(OnPacket, operation, pinData: null);
        operation.Overlapped = overlapped;
        uint done = 0;
        int result = _reads
            ? Kernel32.ReadFile(use.Value, overlapped, 0, &done, overlapped) // of no bytes: any address will do
            : Kernel32.WriteFile(use.Value, bytes, length, &done, overlapped);
        int error = result != 0 ? 0 : Marshal.GetLastPInvokeError();
        count = done;
        if (error is not (0 or Kernel32.ERROR_IO_PENDING))
        {
            operation.Free(_bound);
            return error;
        }

        _packets++;
        _pending = error == 0 ? null : operation;
        return error;
    }

    private static void OnPacket(uint error, uint count, NativeOverlapped* overlapped)
    {
        Operation operation = (Operation)ThreadPoolBoundHandle.GetNativeOverlappedState(overlapped)!;
        operation.End.OnPacket(operation, (int)error, (int)count);
    }

    private void OnPacket(Operation operation, int error, int count)
    {
        bool isLast, wasPending;
        lock (_io)
        {
            wasPending = operation == _pending;
            if (wasPending)
            {
                _pending = null;
                _result = _reads || operation.IsBeside ? null : error == 0 ? count : EndOr(error, Broken);
            }

            operation.Free(_bound);
            isLast = --_packets == 0 && _closing;
        }

        if (isLast)
        {
            Release();
        }
        else if (wasPending)
        {
            Wake();
        }
    }

    private void Release()
    {
        _bound.Dispose();
        _handle.Dispose();
    }

    private bool Peek(out uint available)
    {
        try
        {
            using HandleUse use = new(_handle);
            uint held;
            bool open = Kernel32.PeekNamedPipe(use.Value, null, 0, null, &held, null) != 0;
            available = held;
            return open;
        }
        catch (ObjectDisposedException)
        {
            available = 0;
            return false;
        }
    }

    private static int EndOr(int error, int atEnd)
        => error is Kernel32.ERROR_BROKEN_PIPE or Kernel32.ERROR_NO_DATA or Kernel32.ERROR_PIPE_NOT_CONNECTED or Kernel32.ERROR_HANDLE_EOF ? atEnd : -error;

    private sealed class Operation(OverlappedEnd end)
    {
        internal OverlappedEnd End { get; } = end;

        internal NativeOverlapped* Overlapped { get; set; }

        /// <summary>The bytes that are written.</summary>
        internal void* Copy { get; init; }

        /// <summary>Nobody asks what came of it.</summary>
        internal bool IsBeside { get; init; }

        internal void Free(ThreadPoolBoundHandle bound)
        {
            bound.FreeNativeOverlapped(Overlapped);
            NativeMemory.Free(Copy);
        }
    }
}
