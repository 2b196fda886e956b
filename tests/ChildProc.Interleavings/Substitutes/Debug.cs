using System.Runtime.CompilerServices;

namespace ChildProc.Interleavings.Substitutes;

/// <summary>In the place of <see cref="System.Diagnostics.Debug"/>: what does not hold fails the schedule.</summary>
public static class Debug
{
    public static void Assert(bool condition, string? message)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Asserted in vain: {message}");
        }
    }

    public static void Assert(bool condition, ref AssertInterpolatedStringHandler message) => Assert(condition, condition ? null : message.Text);

    [InterpolatedStringHandler]
    public struct AssertInterpolatedStringHandler
    {
        private string _text;

        public AssertInterpolatedStringHandler(int literalLength, int formattedCount, bool condition, out bool shouldAppend)
        {
            _ = literalLength + formattedCount;
            _text = "";
            shouldAppend = !condition;
        }

        internal readonly string Text => _text;

        public void AppendLiteral(string value) => _text += value;

        public void AppendFormatted<T>(T value) => _text += value;
    }
}
