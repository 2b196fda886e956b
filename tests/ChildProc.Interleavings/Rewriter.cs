using ChildProc.Interleavings.Scheduling;
using ChildProc.Interleavings.Substitutes;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace ChildProc.Interleavings;

/// <summary>Makes of the library's assembly one that the scheduler controls.</summary>
/// <remarks>
/// What it waits with, reads the time with, and asks the kernel with goes to the substitutes of the same names; others may run
/// before each look at a field of the types under test; and each await blocks until there is nothing to wait for. All else stays as
/// it was built.
/// </remarks>
internal static class Rewriter
{
    private static readonly Dictionary<string, Type> s_types = new()
    {
        ["System.Threading.Monitor"] = typeof(Substitutes.Monitor),
        ["System.Threading.Lock"] = typeof(Substitutes.Lock),
        ["System.Threading.Interlocked"] = typeof(Substitutes.Interlocked),
        ["System.Threading.Volatile"] = typeof(Substitutes.Volatile),
        ["System.Threading.SpinWait"] = typeof(Substitutes.SpinWait),
        ["System.Threading.Timer"] = typeof(Substitutes.Timer),
        ["System.Threading.Thread"] = typeof(Substitutes.Thread),
        ["System.Threading.CancellationTokenRegistration"] = typeof(Substitutes.CancellationTokenRegistration),
        ["System.Diagnostics.Debug"] = typeof(Substitutes.Debug),
        ["System.Diagnostics.Stopwatch"] = typeof(Substitutes.Stopwatch),
    };

    // Of types that are not replaced as a whole.
    private static readonly Dictionary<(string Type, string Name), Type> s_methods = new()
    {
        [("System.Environment", "get_TickCount64")] = typeof(Substitutes.Environment),
        [("System.Environment", "get_CurrentManagedThreadId")] = typeof(Substitutes.Environment),
        [("System.Runtime.InteropServices.Marshal", "GetLastPInvokeError")] = typeof(Kernel),
        [("System.Threading.CancellationToken", "UnsafeRegister")] = typeof(Tokens),
        [("System.Threading.Tasks.Task", "WaitAsync")] = typeof(Tasks),
        [("System.Threading.Tasks.Task`1", "WaitAsync")] = typeof(Tasks),
        [("System.Threading.Tasks.Task", "Run")] = typeof(Tasks),
    };

    private static readonly HashSet<string> s_calls = ["recv", "sendmsg", "poll", "shutdown", "close", "epoll_create1", "epoll_ctl", "epoll_wait"];

    private static readonly HashSet<string> s_underTest =
        ["ProcessTree", "SupervisedTree", "ReusableWait", "LocalChildProcess", "GuardianSession", "Lifeline", "TreePool", "Reactor", "RoomWatch"];

    internal static byte[] Rewrite(string path)
    {
        using ModuleDefinition module = ModuleDefinition.ReadModule(path);
        IMetadataScope ours = module.ImportReference(typeof(Scheduler)).Scope;
        foreach (TypeReference reference in module.GetTypeReferences())
        {
            if (s_types.TryGetValue(reference.FullName, out Type? substitute))
            {
                (reference.Namespace, reference.Name, reference.Scope) = (substitute.Namespace, substitute.Name, ours);
            }
        }

        MethodReference point = module.ImportReference(typeof(Hooks).GetMethod(nameof(Hooks.Point)));
        MethodReference wait = module.ImportReference(typeof(Tasks).GetMethod(nameof(Tasks.Await)));
        foreach (MethodDefinition method in module.GetTypes().SelectMany(static type => type.Methods).Where(static method => method.HasBody))
        {
            method.Body.SimplifyMacros();
            ILProcessor il = method.Body.GetILProcessor();
            foreach (Instruction instruction in method.Body.Instructions.ToArray())
            {
                if (instruction.Operand is MethodReference { DeclaringType: not null } called)
                {
                    RewriteCall(module, il, instruction, called, wait);
                }
                else if (instruction.Operand is FieldReference field && !method.IsConstructor && IsUnderTest(field))
                {
                    InsertBefore(
                        il, instruction.Previous?.OpCode.Code is Code.Volatile ? instruction.Previous : instruction,
                        il.Create(OpCodes.Ldstr, $"{field.DeclaringType.Name}.{field.Name}"), il.Create(OpCodes.Call, point));
                }
            }

            method.Body.OptimizeMacros();
        }

        using MemoryStream stream = new();
        module.Write(stream);
        return stream.ToArray();
    }

    private static bool IsUnderTest(FieldReference field)
        => s_underTest.Contains(field.DeclaringType.Name) && field.Resolve() is { IsInitOnly: false, IsLiteral: false };

    private static void RewriteCall(ModuleDefinition module, ILProcessor il, Instruction instruction, MethodReference called, MethodReference wait)
    {
        TypeReference type = called.DeclaringType.GetElementType();
        if (called.Name is "get_IsCompleted" or "GetResult" && type.Name.EndsWith("Awaiter", StringComparison.Ordinal))
        {
            GenericInstanceMethod waitForIt = new(wait) { GenericArguments = { called.DeclaringType } };
            InsertBefore(il, instruction, il.Create(OpCodes.Dup), il.Create(OpCodes.Call, waitForIt));
        }
        else if (type.FullName == "ChildProc.Interop.Libc" && s_calls.Contains(called.Name))
        {
            Redirect(instruction, called, module.ImportReference(typeof(Kernel)));
        }
        else if (s_methods.TryGetValue((type.FullName, called.Name), out Type? substitute) && IsThere(substitute, called))
        {
            Redirect(instruction, called, module.ImportReference(substitute));
        }
    }

    // By name and number of parameters, which is enough here.
    private static bool IsThere(Type substitute, MethodReference called)
        => substitute.GetMethods().Any(method => method.Name == called.Name && method.GetParameters().Length == called.Parameters.Count + (called.HasThis ? 1 : 0)
            && (called.Parameters.Count == 0 || called.Parameters[0].ParameterType.Name == method.GetParameters()[called.HasThis ? 1 : 0].ParameterType.Name));

    // To a static method of another type; "this" becomes its first parameter, a type parameter of its type one of its own.
    private static void Redirect(Instruction instruction, MethodReference called, TypeReference to)
    {
        MethodReference element = called.GetElementMethod();
        MethodReference target = new(element.Name, element.ReturnType, to);
        TypeReference[] arguments = called is GenericInstanceMethod method ? [.. method.GenericArguments]
            : called.DeclaringType is GenericInstanceType generic ? [.. generic.GenericArguments] : [];
        foreach (TypeReference unused in arguments)
        {
            target.GenericParameters.Add(new GenericParameter(target));
        }

        TypeReference Own(TypeReference from) => from switch
        {
            GenericParameter parameter => target.GenericParameters[parameter.Position],
            GenericInstanceType instance => Instance(instance.ElementType, instance.GenericArguments.Select(Own)),
            _ => from,
        };
        if (element.HasThis)
        {
            TypeReference self = element.DeclaringType.IsValueType ? new ByReferenceType(element.DeclaringType)
                : arguments.Length > 0 ? Instance(element.DeclaringType.GetElementType(), target.GenericParameters) : element.DeclaringType;
            target.Parameters.Add(new ParameterDefinition(self));
        }

        foreach (ParameterDefinition parameter in element.Parameters)
        {
            target.Parameters.Add(new ParameterDefinition(Own(parameter.ParameterType)));
        }

        target.ReturnType = Own(element.ReturnType);
        instruction.OpCode = OpCodes.Call;
        if (arguments.Length == 0)
        {
            instruction.Operand = target;
            return;
        }

        GenericInstanceMethod made = new(target);
        Array.ForEach(arguments, made.GenericArguments.Add);
        instruction.Operand = made;
    }

    private static GenericInstanceType Instance(TypeReference type, IEnumerable<TypeReference> arguments)
    {
        GenericInstanceType instance = new(type);
        arguments.ToList().ForEach(instance.GenericArguments.Add);
        return instance;
    }

    // Branches to the instruction go to what is inserted: the instruction itself becomes the first of it.
    private static void InsertBefore(ILProcessor il, Instruction instruction, Instruction first, Instruction second)
    {
        Instruction moved = il.Create(OpCodes.Nop);
        (moved.OpCode, moved.Operand) = (instruction.OpCode, instruction.Operand);
        (instruction.OpCode, instruction.Operand) = (first.OpCode, first.Operand);
        il.InsertAfter(instruction, second);
        il.InsertAfter(second, moved);
    }
}

/// <summary>What is called from the rewritten assembly.</summary>
public static class Hooks
{
    public static void Point(string what) => Scheduler.Point(what);
}
