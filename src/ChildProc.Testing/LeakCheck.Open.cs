namespace ChildProc.Testing;

/// <content>The checks that are open in this process.</content>
public sealed partial class LeakCheck
{
    private static class OpenChecks
    {
        private static readonly Lock s_gate = new();
        private static readonly List<LeakCheck> s_open = [];
        private static bool s_stacksBefore;
        private static int s_withStacks;

        internal static void Add(LeakCheck check)
        {
            lock (s_gate)
            {
                foreach (LeakCheck other in s_open)
                {
                    if (IsAlone(check) && IsAlone(other) && !check._scope!.IsWithin(other._scope!))
                    {
                        check._overlapped = other._overlapped = true;
                    }
                }

                s_open.Add(check);
                if (check._options.TrackStacks && s_withStacks++ == 0)
                {
                    s_stacksBefore = ChildProcessDiagnostics.TrackStacks;
                    ChildProcessDiagnostics.TrackStacks = true;
                }
            }
        }

        internal static void Remove(LeakCheck check)
        {
            lock (s_gate)
            {
                s_open.Remove(check);
                if (check._options.TrackStacks && --s_withStacks == 0)
                {
                    ChildProcessDiagnostics.TrackStacks = s_stacksBefore;
                }
            }
        }

        // One over all flows counts on others within it.
        private static bool IsAlone(LeakCheck check) => check._options is { ProcessWide: true, AllFlows: false };
    }
}
