@echo off
rem Written by the generator in plugins/plugin_utils/_host/collect.py from the list of probes. Do not edit.
rem
rem Collects what an assessment of this server needs, for use where no network reaches it. Changes nothing.
rem   collect.cmd            writes beside this script, or to the temporary folder when that cannot be written
rem   collect.cmd D:\answers writes below a folder that exists, so the script itself may stand on a read-only stick
rem Run it as administrator (right mouse button): without that it works too, and some answers will be missing.
rem What leaves the server: versions, updates, services, a few registry settings, open ports. No password, no key.
if not defined PROCESSOR_ARCHITEW6432 goto native
if not exist "%windir%\Sysnative\cmd.exe" goto native
"%windir%\Sysnative\cmd.exe" /c ""%~f0" %*"
exit /b %errorlevel%
:native
setlocal enableextensions disabledelayedexpansion
set "stamp="
set "ask=wmic path Win32_OperatingSystem get LocalDateTime /value"
for /f "tokens=2 delims==." %%t in ('%ask% ^<nul 2^>nul') do if not defined stamp set "stamp=%%t"
if not defined stamp set "stamp=%random%%random%"
set "name=sunset-evidence-%COMPUTERNAME%-%stamp%"
set "w=%SystemRoot:\=\\%"
if "%~1"=="" goto default
set "out=%~1\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write to "%~1": name a folder that exists and can be written.
exit /b 1
:default
set "out=%~dp0%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
set "out=%TEMP%\%name%"
mkdir "%out%" 2>nul
if exist "%out%\" goto collect
echo Cannot write beside this script nor to "%TEMP%": name a folder, as in: collect.cmd D:\answers
exit /b 1
:collect
echo Collecting into "%out%" (this takes a minute or two) ...
>"%out%\evidence.txt" echo sunset.ws2008/evidence/1
chcp >"%out%\q001.txt" 2>&1
>>"%out%\index.txt" echo q001.txt %errorlevel% "extra:codepage"
ver >"%out%\q002.txt" 2>&1
>>"%out%\index.txt" echo q002.txt %errorlevel% "extra:version"
systeminfo >"%out%\q003.txt" 2>&1
>>"%out%\index.txt" echo q003.txt %errorlevel% "extra:systeminfo"
wmic path Win32_OperatingSystem get Caption,Version,BuildNumber,ServicePackMajorVersion,ProductType,OperatingSystemSKU,OSArchitecture,OSLanguage,CodeSet,LastBootUpTime,LocalDateTime,WindowsDirectory,SystemDrive /value <nul >"%out%\q004.txt" 2>nul
>>"%out%\index.txt" echo q004.txt %errorlevel% "rows:os"
wmic path Win32_ComputerSystem get Name,Domain,PartOfDomain,DomainRole,TotalPhysicalMemory,Manufacturer,Model /value <nul >"%out%\q005.txt" 2>nul
>>"%out%\index.txt" echo q005.txt %errorlevel% "rows:computer"
wmic path Win32_QuickFixEngineering get HotFixID /value <nul >"%out%\q006.txt" 2>nul
>>"%out%\index.txt" echo q006.txt %errorlevel% "rows:hotfixes"
wmic path Win32_Service get Name,State,StartMode,StartName,PathName /value <nul >"%out%\q007.txt" 2>nul
>>"%out%\index.txt" echo q007.txt %errorlevel% "rows:services"
wmic path CIM_DataFile where "Name='%w%\\system32\\ntoskrnl.exe' OR Name='%w%\\system32\\crypt32.dll' OR Name='%w%\\system32\\appinfo.dll' OR Name='%w%\\system32\\spoolsv.exe' OR Name='%w%\\system32\\schannel.dll' OR Name='%w%\\system32\\kerberos.dll' OR Name='%w%\\system32\\wuaueng.dll' OR Name='%w%\\system32\\cmitrust.dll' OR Name='%w%\\system32\\mshtml.dll' OR Name='%w%\\system32\\drivers\\srv.sys' OR Name='%w%\\system32\\drivers\\http.sys' OR Name='%w%\\system32\\drivers\\rdpwd.sys' OR Name='%w%\\system32\\drivers\\termdd.sys'" get Name,Version /value <nul >"%out%\q008.txt" 2>nul
>>"%out%\index.txt" echo q008.txt %errorlevel% "rows:files"
wmic path Win32_LogicalDisk where "DeviceID='%SystemDrive%'" get DeviceID,FreeSpace,Size /value <nul >"%out%\q009.txt" 2>nul
>>"%out%\index.txt" echo q009.txt %errorlevel% "rows:disk"
wmic path SoftwareLicensingProduct where "ID='553673ed-6ddf-419c-a153-b760283472fd' OR ID='04fa0286-fa74-401e-bbe9-fbfbb158010d' OR ID='16c08c85-0c8b-4009-9b2b-f1f7319e45f9' OR ID='32163ff8-e96d-40b1-973c-44b9bf096d83' OR ID='338554b7-6f0a-48b6-aef3-ff6b42f1398b' OR ID='0ed79ef1-052c-4362-9cdc-5141491d06dd' OR ID='8e7bfb1e-acc1-4f56-abae-b80fce56cd4b' OR PartialProductKey IS NOT NULL" get ID,Name,LicenseFamily,LicenseIsAddon,LicenseStatus,PartialProductKey,GracePeriodRemaining /value <nul >"%out%\q010.txt" 2>nul
>>"%out%\index.txt" echo q010.txt %errorlevel% "rows:licences"
wmic path Win32_SystemEnclosure get SMBIOSAssetTag /value <nul >"%out%\q011.txt" 2>nul
>>"%out%\index.txt" echo q011.txt %errorlevel% "rows:enclosure"
wmic path Win32_ServerFeature get ID /value <nul >"%out%\q012.txt" 2>nul
>>"%out%\index.txt" echo q012.txt %errorlevel% "rows:features"
dir /b /ad "%windir%\servicing\Version" >"%out%\q013.txt" 2>&1
>>"%out%\index.txt" echo q013.txt %errorlevel% "stack"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages" /s /v CurrentState >"%out%\q014.txt" 2>&1
>>"%out%\index.txt" echo q014.txt %errorlevel% "packages"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing" >"%out%\q015.txt" 2>&1
>>"%out%\index.txt" echo q015.txt %errorlevel% "key:"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending" >"%out%\q016.txt" 2>&1
>>"%out%\index.txt" echo q016.txt %errorlevel% "key:RebootPending"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\PackagesPending" >"%out%\q017.txt" 2>&1
>>"%out%\index.txt" echo q017.txt %errorlevel% "key:PackagesPending"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootInProgress" >"%out%\q018.txt" 2>&1
>>"%out%\index.txt" echo q018.txt %errorlevel% "key:RebootInProgress"
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired" >"%out%\q019.txt" 2>&1
>>"%out%\index.txt" echo q019.txt %errorlevel% "update_restart"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v PendingFileRenameOperations >"%out%\q020.txt" 2>&1
>>"%out%\index.txt" echo q020.txt %errorlevel% "renames"
(if exist "%windir%\winsxs\pending.xml" (echo yes) else (echo no)) >"%out%\q021.txt" 2>&1
>>"%out%\index.txt" echo q021.txt %errorlevel% "pending_xml"
reg query HKLM\SOFTWARE\sunset.ws2008.no.such.key >"%out%\q022.txt" 2>&1
>>"%out%\index.txt" echo q022.txt %errorlevel% "reference"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v PendingFileRenameOperations2 >"%out%\q023.txt" 2>&1
>>"%out%\index.txt" echo q023.txt %errorlevel% "renames2"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Session Manager" /v SetupExecute >"%out%\q024.txt" 2>&1
>>"%out%\index.txt" echo q024.txt %errorlevel% "setup_execute"
reg query HKLM\SOFTWARE\Microsoft\Updates /v UpdateExeVolatile >"%out%\q025.txt" 2>&1
>>"%out%\index.txt" echo q025.txt %errorlevel% "update_exe"
reg query HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ActiveComputerName /v ComputerName >"%out%\q026.txt" 2>&1
>>"%out%\index.txt" echo q026.txt %errorlevel% "name_now"
reg query HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName /v ComputerName >"%out%\q027.txt" 2>&1
>>"%out%\index.txt" echo q027.txt %errorlevel% "name_next"
dir /b "%windir%\servicing\Packages\Package_for_KB*" >"%out%\q028.txt" 2>&1
>>"%out%\index.txt" echo q028.txt %errorlevel% "package_files"
find /c "(f)" "%windir%\Logs\CBS\CheckSUR.log" >"%out%\q029.txt" 2>&1
>>"%out%\index.txt" echo q029.txt %errorlevel% "check_found"
find /c "(fix)" "%windir%\Logs\CBS\CheckSUR.log" >"%out%\q030.txt" 2>&1
>>"%out%\index.txt" echo q030.txt %errorlevel% "check_fixed"
whoami /groups /fo csv /nh >"%out%\q031.txt" 2>&1
>>"%out%\index.txt" echo q031.txt %errorlevel% "account"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v OEMCP >"%out%\q032.txt" 2>&1
>>"%out%\index.txt" echo q032.txt %errorlevel% "oem"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v ACP >"%out%\q033.txt" 2>&1
>>"%out%\index.txt" echo q033.txt %errorlevel% "ansi"
netstat -nao | find ":0 " >"%out%\q034.txt" 2>&1
>>"%out%\index.txt" echo q034.txt %errorlevel% "listeners"
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" 2>&1 | find /v "DigitalProductId" >"%out%\q035.txt" 2>&1
>>"%out%\index.txt" echo q035.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2 >"%out%\q036.txt" 2>&1
>>"%out%\index.txt" echo q036.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Servicing\Codesigning\SHA2"
reg query "HKLM\SOFTWARE\Microsoft\Internet Explorer" >"%out%\q037.txt" 2>&1
>>"%out%\index.txt" echo q037.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Internet Explorer"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v2.0.50727" >"%out%\q038.txt" 2>&1
>>"%out%\index.txt" echo q038.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v2.0.50727"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.0" >"%out%\q039.txt" 2>&1
>>"%out%\index.txt" echo q039.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.0"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5" >"%out%\q040.txt" 2>&1
>>"%out%\index.txt" echo q040.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Client" >"%out%\q041.txt" 2>&1
>>"%out%\index.txt" echo q041.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Client"
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full" >"%out%\q042.txt" 2>&1
>>"%out%\index.txt" echo q042.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full"
reg query HKLM\SYSTEM\CurrentControlSet\Control\Lsa >"%out%\q043.txt" 2>&1
>>"%out%\index.txt" echo q043.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Lsa"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters >"%out%\q044.txt" 2>&1
>>"%out%\index.txt" echo q044.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters"
reg query HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb20 >"%out%\q045.txt" 2>&1
>>"%out%\index.txt" echo q045.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb20"
reg query HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation >"%out%\q046.txt" 2>&1
>>"%out%\index.txt" echo q046.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\LanmanWorkstation"
reg query HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb10 >"%out%\q047.txt" 2>&1
>>"%out%\index.txt" echo q047.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Services\mrxsmb10"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server" >"%out%\q048.txt" 2>&1
>>"%out%\index.txt" echo q048.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client" >"%out%\q049.txt" 2>&1
>>"%out%\index.txt" echo q049.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
reg query HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\SHA >"%out%\q050.txt" 2>&1
>>"%out%\index.txt" echo q050.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Hashes\SHA"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Server" >"%out%\q051.txt" 2>&1
>>"%out%\index.txt" echo q051.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client" >"%out%\q052.txt" 2>&1
>>"%out%\index.txt" echo q052.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Server" >"%out%\q053.txt" 2>&1
>>"%out%\index.txt" echo q053.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Client" >"%out%\q054.txt" 2>&1
>>"%out%\index.txt" echo q054.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\SSL 3.0\Client"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Server" >"%out%\q055.txt" 2>&1
>>"%out%\index.txt" echo q055.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Client" >"%out%\q056.txt" 2>&1
>>"%out%\index.txt" echo q056.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Client"
reg query HKLM\SOFTWARE\Microsoft\.NETFramework\v2.0.50727 >"%out%\q057.txt" 2>&1
>>"%out%\index.txt" echo q057.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\.NETFramework\v2.0.50727"
reg query HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v2.0.50727 >"%out%\q058.txt" 2>&1
>>"%out%\index.txt" echo q058.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v2.0.50727"
reg query HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319 >"%out%\q059.txt" 2>&1
>>"%out%\index.txt" echo q059.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319"
reg query HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319 >"%out%\q060.txt" 2>&1
>>"%out%\index.txt" echo q060.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Server" >"%out%\q061.txt" 2>&1
>>"%out%\index.txt" echo q061.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Server"
reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services" >"%out%\q062.txt" 2>&1
>>"%out%\index.txt" echo q062.txt %errorlevel% "registry:HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server" >"%out%\q063.txt" 2>&1
>>"%out%\index.txt" echo q063.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server"
reg query "HKLM\SOFTWARE\Microsoft\Microsoft SQL Server" >"%out%\q064.txt" 2>&1
>>"%out%\index.txt" echo q064.txt %errorlevel% "registry:HKLM\SOFTWARE\Microsoft\Microsoft SQL Server"
reg query "HKLM\SOFTWARE\Wow6432Node\Microsoft\Microsoft SQL Server" >"%out%\q065.txt" 2>&1
>>"%out%\index.txt" echo q065.txt %errorlevel% "registry:HKLM\SOFTWARE\Wow6432Node\Microsoft\Microsoft SQL Server"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp" >"%out%\q066.txt" 2>&1
>>"%out%\index.txt" echo q066.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp"
reg query "HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Client" >"%out%\q067.txt" 2>&1
>>"%out%\index.txt" echo q067.txt %errorlevel% "registry:HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.0\Client"
echo Done. Take this folder to the control node: "%out%"
exit /b 0
