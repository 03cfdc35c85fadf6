/// The fixed parts of a workbook (ECMA-376, part 1, 18.2 to 18.8).
enum WorkbookParts {
    // Places in `cellXfs`.
    static let headingStyle = 1
    static let numberStyle = 2
    static let dayStyle = 3
    static let momentStyle = 4

    static func sheet(_ number: Int) -> String { "xl/worksheets/sheet\(number).xml" }

    static func sheetStart(columns: Int) -> String {
        """
        \(declaration)<worksheet xmlns="\(main)"><sheetViews><sheetView workbookViewId="0">\
        <pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>\
        <cols><col min="1" max="\(columns)" width="22" customWidth="1"/></cols><sheetData>
        """
    }
    static let sheetEnd = "</sheetData></worksheet>"

    /// What is written when the number of sheets is known.
    static func all(sheets: Int) -> [(name: String, xml: String)] {
        [
            ("xl/workbook.xml", workbook(sheets)), ("xl/_rels/workbook.xml.rels", workbookRelations(sheets)),
            ("xl/styles.xml", styles), ("_rels/.rels", relations), ("[Content_Types].xml", types(sheets)),
        ]
    }

    private static let declaration = #"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#
    private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    private static let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    private static let package = "http://schemas.openxmlformats.org/package/2006"
    private static let format = "application/vnd.openxmlformats-officedocument.spreadsheetml"

    private static func workbook(_ sheets: Int) -> String {
        let list = (1...sheets).map { #"<sheet name="\#($0)" sheetId="\#($0)" r:id="rId\#($0)"/>"# }
        return """
            \(declaration)<workbook xmlns="\(main)" xmlns:r="\(office)"><sheets>\(list.joined())</sheets></workbook>
            """
    }

    private static func workbookRelations(_ sheets: Int) -> String {
        let list = (1...sheets).map {
            #"<Relationship Id="rId\#($0)" Type="\#(office)/worksheet" Target="worksheets/sheet\#($0).xml"/>"#
        }
        return """
            \(declaration)<Relationships xmlns="\(package)/relationships">\(list.joined())\
            <Relationship Id="rId\(sheets + 1)" Type="\(office)/styles" Target="styles.xml"/></Relationships>
            """
    }

    private static let relations = """
        \(declaration)<Relationships xmlns="\(package)/relationships">\
        <Relationship Id="rId1" Type="\(office)/officeDocument" Target="xl/workbook.xml"/></Relationships>
        """

    private static func types(_ sheets: Int) -> String {
        let list = (1...sheets).map {
            #"<Override PartName="/\#(sheet($0))" ContentType="\#(format).worksheet+xml"/>"#
        }
        return """
            \(declaration)<Types xmlns="\(package)/content-types">\
            <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
            <Default Extension="xml" ContentType="application/xml"/>\
            <Override PartName="/xl/workbook.xml" ContentType="\(format).sheet.main+xml"/>\
            <Override PartName="/xl/styles.xml" ContentType="\(format).styles+xml"/>\(list.joined())</Types>
            """
    }

    /// Plain, bold for headings, whole numbers in groups of three, ISO days and moments.
    private static let styles = """
        \(declaration)<styleSheet xmlns="\(main)"><numFmts count="2">\
        <numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>\
        <numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>\
        <fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
        <font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
        <fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>\
        </fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
        <cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
        <cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
        <xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>\
        <xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
        <xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
        <xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
        <cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>
        """
}
