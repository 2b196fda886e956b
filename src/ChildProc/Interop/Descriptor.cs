using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChildProc.Interop;

/// <summary>A file descriptor that this library opened: closed once, by whoever comes first, or by its finalizer.</summary>
internal sealed class Descriptor : SafeHandleMinusOneIsInvalid
{
    internal Descriptor(int number)
        : base(ownsHandle: true) => SetHandle(number);

    /// <summary>Only between <see cref="SafeHandle.DangerousAddRef"/> and its release, or by the sole owner.</summary>
    internal int Number => (int)handle;

    /// <summary>As <see cref="Number"/>; null when it is closed. For reports: it may be closed a moment later.</summary>
    internal int? OpenNumber => IsClosed ? null : Number;

    /// <summary>Adds the numbers of those that are there and open.</summary>
    internal static void AddOpen(List<int> numbers, params ReadOnlySpan<Descriptor?> descriptors)
    {
        foreach (Descriptor? descriptor in descriptors)
        {
            if (descriptor?.OpenNumber is { } number)
            {
                numbers.Add(number);
            }
        }
    }

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}

/// <summary>The number of a handle, held for the length of a <c>using</c>.</summary>
internal ref struct HandleUse
{
    private readonly SafeHandle _handle;
    private bool _added;

    internal HandleUse(SafeHandle handle)
    {
        _handle = handle;
        _handle.DangerousAddRef(ref _added);
    }

    internal readonly int Number => (int)_handle.DangerousGetHandle();

    internal readonly nint Value => _handle.DangerousGetHandle();

    public void Dispose()
    {
        if (_added)
        {
            _added = false;
            _handle.DangerousRelease();
        }
    }
}
