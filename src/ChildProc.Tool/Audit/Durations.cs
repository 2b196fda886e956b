using System.Globalization;

namespace ChildProc.Tool.Audit;

/// <summary>Lengths of time, for people and from them.</summary>
internal static class Durations
{
    internal static string Text(long nanoseconds) => Math.Abs(nanoseconds) switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e3:0} µs"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e9:0.00} s"),
    };

    /// <summary><c>250ms</c>, <c>2s</c>, <c>1.5m</c>, <c>1h</c>; a plain number is seconds.</summary>
    internal static bool TryParse(string text, out TimeSpan value)
    {
        (string number, double unit) = text switch
        {
            [.. var n, 'm', 's'] => (n, 1e-3),
            [.. var n, 's'] => (n, 1),
            [.. var n, 'm'] => (n, 60),
            [.. var n, 'h'] => (n, 3600),
            _ => (text, 1d),
        };
        value = default;
        const double Most = 24 * 86400d; // Thread.Sleep takes no more than int.MaxValue milliseconds
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double amount) || !(amount * unit <= Most))
            return false;
        value = TimeSpan.FromSeconds(amount * unit);
        return true;
    }
}
