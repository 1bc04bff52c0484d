"""What to look for in each language's syntax tree: one small record of node types per language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node

Role = Literal["function", "class", "type", "open", "wrap", "look"]
"""What a node type is to us.

function: a definition that is not divided unless it is long. class: a scope; its members are divided, its name
prefixes theirs. type: a definition that is kept whole (a struct, an interface). open: its children stand in the
scope around it (a body, `#ifdef`, `if TYPE_CHECKING`). wrap: it dresses a definition (decorator, `export`).
look: only its inside tells; see `symbols.py`.
"""


class Definition(NamedTuple):
    """A definition found at a node; `node` is its inner node, without decorators or `export`."""

    role: Role
    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Grammar:
    """The node types of one language that divide its files.

    Attributes:
        parser: the grammar's name in tree_sitter_language_pack.
        roles: what each node type is.
        leading: comments, attributes and decorators that belong to the definition right below them.
        bodied: definitions that count only with a body (not prototypes and abstract methods).
        loose: statements that are opened, to look for definitions inside, only when they are long.
        least: the number of lines below which a node type is no definition.
        tail: nodes that continue the definition they follow.
        modules: scopes whose functions are functions, not methods.
        clauses: neighbours with one symbol are clauses of one definition.
    """

    parser: str
    roles: Mapping[str, Role]
    leading: frozenset[str] = frozenset({"comment"})
    bodied: frozenset[str] = frozenset()
    loose: frozenset[str] = frozenset()
    least: Mapping[str, int] = field(default_factory=dict[str, int])
    tail: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    clauses: bool = False


def _roles(**types: str) -> dict[str, Role]:
    """Turn `function="a b"` into {"a": "function", "b": "function"}; syntax errors are always looked through."""
    names: dict[str, Role] = {"ERROR": "open"}
    known: dict[str, Role] = {"function": "function", "type": "type", "open": "open", "wrap": "wrap", "look": "look"}
    known["scope"] = "class"
    for role, words in types.items():
        names.update(dict.fromkeys(words.split(), known[role]))
    return names


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_JAVASCRIPT = {
    "function": "function_declaration generator_function_declaration method_definition",
    "scope": "class_declaration",
    "open": "class_body statement_block object",
    "wrap": "export_statement",
    "look": "lexical_declaration variable_declaration expression_statement pair field_definition",
}
_TYPESCRIPT = {
    "function": _JAVASCRIPT["function"] + " function_signature method_signature",
    "scope": "class_declaration abstract_class_declaration internal_module module",
    "type": "interface_declaration type_alias_declaration enum_declaration",
    "open": _JAVASCRIPT["open"],
    "wrap": "export_statement ambient_declaration",
    "look": _JAVASCRIPT["look"] + " public_field_definition",
}
_SCRIPT_LOOSE = _set(
    "expression_statement call_expression parenthesized_expression arguments function_expression arrow_function "
    "unary_expression return_statement sequence_expression if_statement else_clause try_statement lexical_declaration "
    "variable_declaration variable_declarator assignment_expression binary_expression"
)
_PREPROCESSOR = "preproc_ifdef preproc_if preproc_else preproc_elif"


def _script(parser: str, types: dict[str, str]) -> Grammar:
    return Grammar(
        parser,
        _roles(**types),
        leading=_set("comment decorator"),
        loose=_SCRIPT_LOOSE,
        least={"type_alias_declaration": 3},
        modules=_set("internal_module module"),
    )


GRAMMARS: Mapping[str, Grammar] = {
    "python": Grammar(
        "python",
        _roles(
            function="function_definition",
            scope="class_definition",
            wrap="decorated_definition",
            open="block if_statement elif_clause else_clause try_statement except_clause except_group_clause "
            "finally_clause with_statement for_statement while_statement",
        ),
    ),
    "javascript": _script("javascript", _JAVASCRIPT),
    "typescript": _script("typescript", _TYPESCRIPT),
    "tsx": _script("tsx", _TYPESCRIPT),
    "go": Grammar(
        "go",
        _roles(
            function="function_declaration method_declaration", type="type_spec type_alias", look="type_declaration"
        ),
    ),
    "rust": Grammar(
        "rust",
        _roles(
            function="function_item macro_definition",
            scope="impl_item trait_item mod_item",
            type="struct_item enum_item union_item",
            open="declaration_list block foreign_mod_item",
        ),
        leading=_set("line_comment block_comment attribute_item"),
        bodied=_set("mod_item"),
        modules=_set("mod_item"),
    ),
    "java": Grammar(
        "java",
        _roles(
            function="method_declaration constructor_declaration compact_constructor_declaration",
            scope="class_declaration interface_declaration enum_declaration record_declaration "
            "annotation_type_declaration",
            open="class_body interface_body enum_body enum_body_declarations annotation_type_body block "
            "constructor_body",
        ),
        leading=_set("line_comment block_comment"),
        bodied=_set("method_declaration"),
    ),
    "c": Grammar(
        "c",
        _roles(
            function="function_definition preproc_function_def",
            type="struct_specifier union_specifier enum_specifier",
            look="type_definition",
            open=f"{_PREPROCESSOR} linkage_specification declaration_list",
        ),
        bodied=_set("struct_specifier union_specifier enum_specifier function_definition"),
        least={"preproc_function_def": 3},
    ),
    "cpp": Grammar(
        "cpp",
        _roles(
            function="function_definition preproc_function_def",
            scope="class_specifier struct_specifier namespace_definition",
            type="union_specifier enum_specifier concept_definition",
            look="type_definition",
            wrap="template_declaration",
            open=f"{_PREPROCESSOR} linkage_specification declaration_list field_declaration_list",
        ),
        bodied=_set("class_specifier struct_specifier union_specifier enum_specifier"),
        least={"preproc_function_def": 3},
        modules=_set("namespace_definition"),
    ),
    "csharp": Grammar(
        "csharp",
        _roles(
            function="method_declaration constructor_declaration destructor_declaration operator_declaration "
            "conversion_operator_declaration indexer_declaration property_declaration local_function_statement",
            scope="class_declaration struct_declaration interface_declaration record_declaration",
            type="enum_declaration",
            open="namespace_declaration declaration_list preproc_if preproc_else preproc_elif global_statement block",
        ),
        bodied=_set("method_declaration"),
        least={"property_declaration": 4},
    ),
    "ruby": Grammar(
        "ruby",
        _roles(
            function="method singleton_method", scope="module class", open="body_statement singleton_class", look="call"
        ),
        loose=_set("call do_block block"),
    ),
    "php": Grammar(
        "php",
        _roles(
            function="function_definition method_declaration",
            scope="class_declaration interface_declaration trait_declaration enum_declaration",
            open="namespace_definition declaration_list enum_declaration_list if_statement compound_statement",
        ),
        bodied=_set("method_declaration"),
    ),
    "kotlin": Grammar(
        "kotlin",
        _roles(
            function="function_declaration secondary_constructor",
            scope="class_declaration object_declaration companion_object",
            open="class_body enum_class_body import_list function_body statements",
        ),
        leading=_set("line_comment multiline_comment comment"),
        bodied=_set("function_declaration"),
    ),
    "swift": Grammar(
        "swift",
        _roles(
            function="function_declaration init_declaration deinit_declaration subscript_declaration "
            "property_declaration",
            scope="class_declaration protocol_declaration",
            open="class_body enum_class_body protocol_body",
        ),
        leading=_set("comment multiline_comment attribute"),
        least={"property_declaration": 5},
    ),
    "scala": Grammar(
        "scala",
        _roles(
            function="function_definition",
            scope="class_definition object_definition trait_definition enum_definition",
            open="template_body enum_body package_clause extension_definition",
        ),
        leading=_set("comment block_comment"),
    ),
    "lua": Grammar(
        "lua",
        _roles(
            function="function_declaration",
            look="variable_declaration assignment_statement field",
            open="table_constructor",
        ),
    ),
    "bash": Grammar(
        "bash",
        _roles(function="function_definition", open="if_statement elif_clause else_clause compound_statement"),
    ),
    "elixir": Grammar(
        "elixir",
        _roles(look="call", open="do_block"),
        leading=_set("comment unary_operator"),
        modules=_set("call"),
        loose=_set("call"),
        clauses=True,
    ),
    "zig": Grammar(
        "zig",
        _roles(look="Decl TestDecl", open="VarDecl ErrorUnionExpr SuffixExpr ContainerDecl"),
        leading=_set("doc_comment line_comment"),
    ),
    "dart": Grammar(
        "dart",
        _roles(
            function="function_signature method_signature getter_signature setter_signature",
            scope="class_definition mixin_declaration extension_declaration enum_declaration",
            open="class_body extension_body enum_body",
        ),
        leading=_set("comment documentation_comment annotation"),
        tail=_set("function_body"),
    ),
    "julia": Grammar(
        "julia",
        _roles(
            function="function_definition macro_definition",
            scope="module_definition",
            type="struct_definition",
            look="assignment",
            open="block",
        ),
        leading=_set("line_comment block_comment string_literal"),
        modules=_set("module_definition"),
    ),
    "r": Grammar("r", _roles(look="binary_operator")),
    "haskell": Grammar(
        "haskell",
        _roles(
            function="signature function bind",
            type="data_type newtype class instance type_synomym",
            open="imports declarations",
        ),
        leading=_set("comment haddock pragma"),
        clauses=True,
    ),
    "erlang": Grammar("erlang", _roles(function="fun_decl"), clauses=True),
    "powershell": Grammar(
        "powershell",
        _roles(function="function_statement class_method_definition", scope="class_statement", open="statement_list"),
    ),
    "solidity": Grammar(
        "solidity",
        _roles(
            function="function_definition modifier_definition constructor_definition",
            scope="contract_declaration interface_declaration library_declaration",
            open="contract_body",
        ),
    ),
    "proto": Grammar("proto", _roles(type="message service enum extend")),
    "sql": Grammar("sql", _roles(look="statement")),
    "hcl": Grammar("hcl", _roles(look="block", open="body")),
    "css": Grammar("css", _roles()),
    "scss": Grammar("scss", _roles(function="mixin_statement function_statement")),
}
"""The languages that are divided by syntax. Perl is not: on `]/c#` its parser loops for ever and cannot be stopped."""
