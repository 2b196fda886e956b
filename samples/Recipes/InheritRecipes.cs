using ChildProc;

namespace Recipes;

/// <summary><see cref="ChildStdio.Inherit"/> and <see cref="ChildStdio.Null"/>.</summary>
internal static class InheritRecipes
{
    public static async Task InheritAsync()
    {
        // <inherit>
        ChildResult result = await ChildProcess.RunAsync(new("echo", "hello"));
        // </inherit>

        Check.That(result.Status.IsSuccess);
    }

    public static async Task NullAsync()
    {
        // <null>
        ChildResult result = await ChildProcess.RunAsync(new("cat", "-", "/etc/passwd")
        {
            StandardInput = ChildStdio.Null,      // at its end at once
            StandardOutput = ChildStdio.Null,     // swallowed
            StandardError = ChildStdio.Inherit,   // the host's, as when it is left out
        });
        // </null>

        Check.That(result.Status.IsSuccess);
    }
}
