using Microsoft.Win32.SafeHandles;

namespace ChildProc.Engines.Direct.Darwin;

/// <summary>A descriptor that the engine opened on its system: closed once, by whoever comes first, or by its finalizer.</summary>
internal sealed class DarwinDescriptor : SafeHandleMinusOneIsInvalid
{
    private readonly IDarwinSystem _system;

    internal DarwinDescriptor(IDarwinSystem system, int number)
        : base(ownsHandle: true)
    {
        _system = system;
        SetHandle(number);
    }

    /// <summary>Only while a reference is held, or by the sole owner.</summary>
    internal int Number => (int)handle;

    protected override bool ReleaseHandle()
    {
        _system.Close((int)handle);
        return true;
    }
}
