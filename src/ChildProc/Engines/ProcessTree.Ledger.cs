using ChildProc.Diagnostics;
using ChildProc.Telemetry;

namespace ChildProc.Engines;

/// <content>The tree's entry in the ledger.</content>
internal abstract partial class ProcessTree
{
    private StartOrigin? _origin;
    private object? _ledgerKey; // while it has an owner; null afterwards. Under the gate
    private bool _hadOwner; // under the gate

    /// <summary>It has an owner from here on.</summary>
    private void Enter(StartOrigin? origin, ChildTelemetry? telemetry)
    {
        // A callback of the streams may hold the owner, which the ledger must not keep alive when the tree is over.
        object key = Pumps is null ? this : new WeakReference<ProcessTree>(this, trackResurrection: true);
        bool exited, empty;
        lock (_gate)
        {
            (_origin, _ledgerKey, _hadOwner) = (origin, key, true);
            exited = _hasExited;
            empty = _isEmpty && _emptyFault is null;
            Take(telemetry);
        }

        Ledger.Add(key);
        LeakTelemetry.Began(Id, origin);
        if (exited)
        {
            Ledger.CountExit();
            _telemetry?.Announce();
        }

        if (empty)
        {
            ChildProcEventSource.Log.TreeEmpty(Id);
        }
    }

    /// <summary>Its owner has disposed it, or forgotten it.</summary>
    private void Leave(bool disposed)
    {
        object? key;
        lock (_gate)
        {
            (key, _ledgerKey) = (_ledgerKey, null);
        }

        if (key is not null)
        {
            Ledger.Remove(key, disposed ? null : ToEntry());
            if (disposed)
            {
                ChildProcEventSource.Log.Disposed(Id);
            }
            else
            {
                LeakTelemetry.Forgotten(Id);
            }
        }
    }

    /// <summary>Pinned, or still its owner's.</summary>
    internal ChildProcessEntry ToEntry()
    {
        List<int> descriptors = [];
        AddDescriptors(descriptors);
        bool hasExited = HasExited, isEmpty = IsEmpty; // they look for news, which is not done under the gate
        lock (_gate)
        {
            return new ChildProcessEntry(this)
            {
                Id = Id,
                FileName = Info?.FileName ?? "",
                Arguments = Info?.Arguments ?? [],
                StartTime = StartTime,
                Containment = Containment,
                HasExited = hasExited,
                IsTreeEmpty = isEmpty,
                HasOwner = _ledgerKey is not null,
                OpenStreams = Pipes.OpenStreams,
                Descriptors = descriptors.AsReadOnly(),
                StartStack = _origin?.Stack?.ToString(),
                StartTag = _origin?.Tag,
            };
        }
    }

    /// <summary>Adds the descriptors that the host holds for it; nothing where handles are no descriptors.</summary>
    internal virtual void AddDescriptors(List<int> descriptors) => Pipes.AddDescriptors(descriptors);
}
