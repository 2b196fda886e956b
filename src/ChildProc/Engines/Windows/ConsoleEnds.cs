using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Engines.Windows;

/// <summary>One direction of a pseudo-console. After a hang-up it is at its end, and nothing throws.</summary>
[SupportedOSPlatform("windows")]
internal abstract class ConsoleEnd(KernelHandle handle, bool reads) : OverlappedEnd(handle, reads)
{
    private volatile bool _isHungUp;

    internal void HangUp()
    {
        _isHungUp = true;
        Close();
    }

    internal override int TryRead(Span<byte> buffer)
    {
        try
        {
            return base.TryRead(buffer);
        }
        catch (ObjectDisposedException) when (_isHungUp)
        {
            return 0;
        }
    }

    internal override async Task WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await base.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (_isHungUp)
        {
            // the next transfer tells
        }
    }
}

/// <summary>The keyboard of a pseudo-console.</summary>
[SupportedOSPlatform("windows")]
internal sealed class ConsoleInput(KernelHandle handle) : ConsoleEnd(handle, reads: false)
{
    /// <summary>Ctrl-Z and Enter: the end of input for a program that reads lines.</summary>
    internal static ReadOnlySpan<byte> End => "\x1a\r"u8;

    internal bool Type(ReadOnlySpan<byte> keys) => TryWriteBeside(keys);

    /// <summary>A console stays open when its user has no more to say: the end of input is typed.</summary>
    internal override void EndInput() => Type(End);
}

/// <summary>The screen of a pseudo-console.</summary>
[SupportedOSPlatform("windows")]
internal sealed class ConsoleOutput(KernelHandle handle) : ConsoleEnd(handle, reads: true);
