// Every C# block of README.md and of docs/streams.md, pipelines.md, terminals.md, testing.md and telemetry.md stands here between two comments
// with its name, and is run for real: against ordinary programs, in a directory of its own. Methods that are not public are
// compiled only.
using System.Reflection;
using Recipes;

if (!OperatingSystem.IsLinux())
{
    Console.WriteLine("These recipes name programs of Linux.");
    return 0;
}

DirectoryInfo scratch = Directory.CreateTempSubdirectory("childproc-recipes");
Environment.CurrentDirectory = scratch.FullName;
int passed = 0, failed = 0;
foreach (MethodInfo recipe in Assembly.GetExecutingAssembly().GetTypes()
    .Where(static type => type.Name.EndsWith("Recipes", StringComparison.Ordinal))
    .OrderBy(static type => type.Name, StringComparer.Ordinal)
    .SelectMany(static type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
    .Where(static method => method.ReturnType == typeof(Task)))
{
    string name = $"{recipe.DeclaringType!.Name}.{recipe.Name}";
    try
    {
        await recipe.CreateDelegate<Func<Task>>()().WaitAsync(TimeSpan.FromSeconds(30));
        passed++;
        Console.WriteLine($"{name}: ok");
    }
    catch (NotHereException e)
    {
        Console.WriteLine($"{name}: not run, {e.Message}");
    }
    catch (Exception e)
    {
        failed++;
        Console.WriteLine($"{name}: FAILED, {e}");
    }
}

scratch.Delete(recursive: true);
Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 ? 0 : 1;
