using ChildProc.Interop;
using ChildProc.Pipes;

namespace ChildProc.Terminals;

/// <summary>One direction of the host's side of a pseudo-terminal. After a hang-up it is at its end, and nothing throws.</summary>
internal abstract class TerminalEnd(Descriptor master, bool reads) : DescriptorEnd(master, reads)
{
    private volatile bool _isHungUp;

    protected bool IsHungUp => _isHungUp;

    internal void HangUp()
    {
        _isHungUp = true;
        Close();
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
