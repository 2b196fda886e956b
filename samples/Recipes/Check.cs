using System.Runtime.CompilerServices;

namespace Recipes;

/// <summary>What a recipe must have come to.</summary>
internal static class Check
{
    internal static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new InvalidOperationException($"{what} is {actual}, not {expected}.");
        }
    }

    internal static void That(bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
        {
            throw new InvalidOperationException($"It is not so: {what}.");
        }
    }

    /// <summary>The recipe needs a program that not every machine has.</summary>
    internal static void IsHere(string program)
    {
        string[] directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!directories.Any(directory => File.Exists(Path.Combine(directory, program))))
        {
            throw new NotHereException($"there is no {program}");
        }
    }
}
