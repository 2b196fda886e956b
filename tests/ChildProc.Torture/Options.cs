using System.Globalization;

namespace ChildProc.Torture;

/// <summary>The command line.</summary>
/// <param name="Seconds">How long operations are begun.</param>
/// <param name="Seed">What all chance comes from: the same seed makes every worker do the same steps again.</param>
/// <param name="Threads">How many workers.</param>
/// <param name="Only">The operations to choose from; none: all.</param>
/// <param name="Cycles">No torture: so many starts and waits, one after the other.</param>
internal sealed record Options(int Seconds, int Seed, int Threads, string[] Only, int Cycles = 0)
{
    internal const string Usage = "torture [--seconds N] [--seed S] [--threads T] [--only OPERATION,...] | torture --cycles N";

    /// <summary>Null when it is none.</summary>
    internal static Options? Parse(string[] args)
    {
        Options options = new(60, Random.Shared.Next(), 4, []);
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            switch (args[i])
            {
                case "--seconds" when isNumber:
                    options = options with { Seconds = number };
                    break;
                case "--seed" when isNumber:
                    options = options with { Seed = number };
                    break;
                case "--threads" when isNumber && number > 0:
                    options = options with { Threads = number };
                    break;
                case "--cycles" when isNumber && number >= ChildProc.Torture.Cycles.Samples:
                    options = options with { Cycles = number };
                    break;
                case "--only" when value is not null:
                    options = options with { Only = value.Split(',') };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
