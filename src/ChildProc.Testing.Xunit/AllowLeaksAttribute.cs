using System.Reflection;

namespace ChildProc.Testing.Xunit;

/// <summary>
/// Tests that leak on purpose: what they leave behind does not fail them. What is still alive when all tests are over is reported
/// all the same.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class AllowLeaksAttribute : Attribute
{
    /// <summary>Allows it.</summary>
    /// <param name="because">Why it is no fault.</param>
    /// <exception cref="ArgumentException">No reason is given.</exception>
    public AllowLeaksAttribute(string because)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(because);
        Because = because;
    }

    /// <summary>Why it is no fault.</summary>
    public string Because { get; }

    internal static AllowLeaksAttribute? Of(MethodInfo method)
        => method.GetCustomAttribute<AllowLeaksAttribute>() ?? method.ReflectedType?.GetCustomAttribute<AllowLeaksAttribute>();
}
