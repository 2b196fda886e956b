using System.Reflection;
using System.Runtime.InteropServices;
using ChildProc.Interop;

namespace ChildProc.Tests.Engines.Darwin;

/// <summary>fcntl, ioctl and open hand their last argument over where the C library looks for it, on either architecture.</summary>
public sealed class DarwinVariadicTests
{
    private const int Marker = 4660;

    [Theory]
    [InlineData(Architecture.Arm64, true)]
    [InlineData(Architecture.X64, false)]
    public void Only_arm64_passes_variadic_arguments_on_the_stack(Architecture architecture, bool onStack)
        => Assert.Equal(onStack, DarwinVariadic.IsOnStack(architecture));

    [Theory(Timeout = 60_000)]
    [InlineData("fcntl", "int, int, ...", "3, 4, 4660L")]
    [InlineData("ioctl", "int, unsigned long, ...", "3, 4, (int *)4660L")]
    [InlineData("open", "const char *, int, ...", "(char *)3, 4, 4660")]
    public async Task The_chosen_declaration_passes_what_a_variadic_call_in_C_passes(string name, string prototype, string arguments)
    {
        foreach (string target in AppleCompiler.Targets)
        {
            bool onStack = DarwinVariadic.IsOnStack(target.StartsWith("arm64", StringComparison.Ordinal) ? Architecture.Arm64 : Architecture.X64);
            string source = string.Join('\n', $"int {name}({prototype});", Declaration(name), Declaration(name + "OnStack"),
                $"int variadic_call(void) {{ return {name}({arguments}) + 1; }}", Call(name), Call(name + "OnStack"));
            string assembly = await AppleCompiler.CompileAsync(target, source);
            List<string> variadic = Passing(assembly, "variadic_call"), plain = Passing(assembly, name + "_call"), stack = Passing(assembly, name + "OnStack_call");
            Assert.NotEmpty(variadic);
            Assert.Equal(variadic, onStack ? stack : plain);
            Assert.NotEqual(variadic, onStack ? plain : stack); // the other one would be wrong there
        }
    }

    private static MethodInfo Method(string name) => typeof(DarwinLibrary).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static string Declaration(string name)
        => $"int {name}_declared({string.Join(", ", Method(name).GetParameters().Select(static p => CType(p.ParameterType)))}) __asm__(\"_{name.Replace("OnStack", "", StringComparison.Ordinal)}\");";

    private static string Call(string name)
    {
        ParameterInfo[] parameters = Method(name).GetParameters();
        IEnumerable<string> values = parameters.Select((p, i) => $"({CType(p.ParameterType)}){(i == parameters.Length - 1 ? Marker : i == 0 ? 3 : i == 1 ? 4 : 0)}L");
        return $"int {name}_call(void) {{ return {name}_declared({string.Join(", ", values)}) + 1; }}";
    }

    private static string CType(Type type) => type == typeof(int) ? "int" : type == typeof(nint) ? "long" : type == typeof(nuint) ? "unsigned long"
        : type == typeof(string) ? "const char *" : type == typeof(int*) ? "int *" : throw new InvalidOperationException($"{type}");

    // The instructions that bring the marker to where it is passed: into a register, and from there to the stack.
    private static List<string> Passing(string assembly, string function)
    {
        List<string> found = [];
        string[] lines = assembly[(assembly.IndexOf($"\n_{function}:", StringComparison.Ordinal) + 1)..].Split('\n');
        foreach (string line in lines.Skip(1).TakeWhile(static line => !line.Contains("End function", StringComparison.Ordinal)))
        {
            string code = line.Split([";", "##"], StringSplitOptions.None)[0].Replace('\t', ' ').Trim();
            if (code.Contains(Marker.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) || code == "str x8, [sp]")
            {
                found.Add(code);
            }
        }

        return found;
    }
}
