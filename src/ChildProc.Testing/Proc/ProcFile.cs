using System.Globalization;

namespace ChildProc.Testing.Proc;

/// <summary>Files of /proc, which may vanish while they are read.</summary>
internal static class ProcFile
{
    internal static string Path(int id, string name) => string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/{name}");

    /// <summary>The text; empty when it cannot be read.</summary>
    internal static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The numbers that name the entries of a directory; none when it cannot be read.</summary>
    internal static List<int> Numbers(string directory)
    {
        List<int> numbers = [];
        try
        {
            foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
            {
                if (int.TryParse(System.IO.Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    numbers.Add(number);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it just ended
        }

        return numbers;
    }
}
