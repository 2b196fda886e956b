using ChildProc.Diagnostics;

namespace ChildProc.Engines.Supervised;

/// <summary>The library's own program cannot be run now, or not at all.</summary>
/// <param name="reason">Why, in words.</param>
/// <param name="error">The errno behind it; 0 where there is none.</param>
internal class ProgramUnavailableException(string reason, int error) : Exception(reason)
{
    internal int Error { get; } = error;

    /// <summary>It may run at another time, so nothing is to be concluded from it.</summary>
    internal bool MayPass => Errno.MayPass(Error);

    /// <summary>A call failed.</summary>
    internal static void ThrowIfFailed(int error, string what)
    {
        if (error != 0)
        {
            throw new ProgramUnavailableException($"{what} failed: {Errno.Describe(error)}", error);
        }
    }
}

/// <summary>It cannot be run in this form; in another one it may (<see cref="GuardianImage"/>).</summary>
/// <param name="reason">Why, in words.</param>
/// <param name="error">The errno behind it; 0 when it ended without a word.</param>
internal sealed class FormUnavailableException(string reason, int error) : ProgramUnavailableException(reason, error);
