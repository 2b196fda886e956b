namespace ChildProc.Start;

/// <summary>
/// The absolute paths that may be the program of a child, on Unix. Which of them it is, execve(2) decides: a look
/// beforehand would be a race.
/// </summary>
/// <remarks>
/// The rule differs from execvp(3) in three points, each of which has hurt somebody: the PATH is the child's, not the
/// host's; empty and relative entries, which mean "wherever the child happens to stand", are never searched; and a file
/// that is not a program is not handed to a shell.
/// </remarks>
internal static class ProgramPath
{
    /// <summary>What is searched where the child has no PATH at all: confstr(_CS_PATH) with /usr/local/bin before it.</summary>
    public const string DefaultPath = "/usr/local/bin:/usr/bin:/bin";

    /// <summary>The candidates, in the order in which to try them; none when the PATH has no absolute entry.</summary>
    /// <exception cref="IOException">The name is relative and the host's own directory is gone, getcwd(3).</exception>
    public static List<string> Candidates(string fileName, string? childPath)
    {
        if (fileName.Contains('/'))
        {
            return [Absolute(fileName)];
        }

        string path = childPath ?? DefaultPath;
        var candidates = new List<string>();
        foreach (Range range in path.AsSpan().Split(':'))
        {
            ReadOnlySpan<char> entry = path.AsSpan(range);
            if (entry.StartsWith('/'))
            {
                string candidate = Join(entry, fileName);
                if (!candidates.Contains(candidate))
                {
                    candidates.Add(candidate);
                }
            }
        }

        return candidates;
    }

    /// <summary>
    /// A path from the host's current directory. As it stands, ".." and all: behind a symbolic link that is for the kernel
    /// to resolve, path_resolution(7); and POSIX tells a shell not to trust a PWD with dot components.
    /// </summary>
    /// <exception cref="IOException">The path is relative and the host's own directory is gone, getcwd(3).</exception>
    public static string Absolute(string path) => path.StartsWith('/') ? path : Join(System.Environment.CurrentDirectory, path);

    private static string Join(ReadOnlySpan<char> directory, string name) =>
        string.Concat(directory.TrimEnd('/'), "/", name);
}
